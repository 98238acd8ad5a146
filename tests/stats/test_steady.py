from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from synthetic import ar1

from pibench.stats import Steadiness, steadiness

N = 400
TOLERANCE = 0.02
TIME = np.arange(N)
NOISES = ("lognormal", "ar1", "spikes")


def _noise(kind: str, sigma: float, rng: np.random.Generator, count: int, n: int) -> np.ndarray:
    if kind == "ar1":
        return sigma * ar1(rng, (count, n), 0.3)
    noise = rng.normal(0, sigma, (count, n))
    spiked = noise + 0.3 + rng.exponential(1, noise.shape)
    return np.where(rng.random(noise.shape) < 0.01, spiked, noise) if kind == "spikes" else noise


def _warm_up(shape: str, length: int, excess: float) -> tuple[np.ndarray, int]:
    """Latency over its steady level, and the first sample from which it is within the tolerance."""
    if shape == "step":
        curve = 1 + excess * (length > TIME)
    elif shape == "ramp":
        curve = 1 + excess * np.maximum(1 - TIME / length, 0)
    else:
        curve = 1 + excess * np.exp(-TIME * math.log(excess / TOLERANCE) / length)
    return curve, int(np.argmax(curve <= 1 + TOLERANCE))


def _right(found: Steadiness, length: int) -> bool:
    return found.settled and abs(found.warm_up - length) <= max(5, 0.1 * length)


@pytest.mark.parametrize("sigma", [0.03, pytest.param(0.02, marks=pytest.mark.slow)])
@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("shape", ["step", "ramp", "exponential"])
def test_the_end_of_a_warm_up_is_found_within_a_tenth(shape: str, noise: str, sigma: float) -> None:
    rng = np.random.default_rng(1)
    found = 0
    for row in _noise(noise, sigma, rng, 1000, N):
        # From half as slow again to seven times as slow as LiteRT issue 67 shows.
        curve, length = _warm_up(shape, int(rng.integers(10, 200)), math.exp(rng.uniform(math.log(0.5), math.log(6))))
        found += _right(steadiness(3e5 * curve * np.exp(row), TOLERANCE), length)
    assert found >= 950


@pytest.mark.parametrize("n", [60, 200, 500])
@pytest.mark.parametrize("noise", NOISES)
def test_a_steady_trace_is_called_steady_from_its_begin(noise: str, n: int) -> None:
    rows = _noise(noise, 0.03, np.random.default_rng(n), 1000, n)
    assert sum(_right(steadiness(np.exp(row)), 0) for row in rows) >= 950


RESTLESS = {
    "drift": (1 + 0.05 * TIME / N, 1.0),
    "falling": (1 - 0.1 * TIME / N, 1.0),
    "modes": (1 + 0.1 * (TIME // 25 % 2), 1.0),
    "wave": (1 + 0.1 * np.sin(TIME / 15), 1.0),
    "spreading": (np.ones(N), 1 + 2 * TIME / N),
}


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("name", RESTLESS)
def test_a_trace_that_never_settles_is_called_so(name: str, noise: str) -> None:
    curve, spread = RESTLESS[name]
    rows = _noise(noise, 0.03, np.random.default_rng(3), 1000, N)
    said = Counter(steadiness(curve * np.exp(spread * row)).unrest for row in rows)
    assert said[""] <= 50
    likely = {"drift": "drifting", "falling": "drifting", "spreading": "spreading"}.get(name, "switching")
    assert said.most_common(1)[0][0] == likely


def test_modes_that_change_at_random_never_settle() -> None:
    rng = np.random.default_rng(4)
    unsettled = 0
    for row in _noise("lognormal", 0.03, rng, 500, N):
        modes = np.cumsum(rng.random(N) < 1 / 30) % 2
        unsettled += modes.min() == modes.max() or not steadiness(np.exp(row + 0.1 * modes)).settled
    # A single change within the first three quarters cannot be told from a step warm-up.
    assert unsettled >= 475


def test_the_curve_of_litert_issue_67() -> None:
    rng = np.random.default_rng(0)
    curve, length = np.maximum(3500 - 100 * TIME, 500), 30
    found = steadiness(curve * np.exp(rng.normal(0, 0.03, N)))
    assert found.settled
    assert abs(found.warm_up - length) <= 3


def test_a_slow_first_call_before_a_slow_decline() -> None:
    curve, length = _warm_up("exponential", 80, 1.0)
    curve[0] *= 20
    assert _right(steadiness(curve * np.exp(np.random.default_rng(0).normal(0, 0.02, N))), length)


def test_faster_at_first_is_a_warm_up_too() -> None:
    curve = np.where(TIME < 120, 0.8, 1.0)
    assert _right(steadiness(curve * np.exp(np.random.default_rng(0).normal(0, 0.02, N))), 120)


@pytest.mark.parametrize("shape", ["ramp", "exponential"])
def test_while_sampling_it_is_not_settled_before_the_end_and_is_soon_after(shape: str) -> None:
    rng = np.random.default_rng(5)
    early = late = 0
    for row in _noise("lognormal", 0.02, rng, 200, N):
        curve, length = _warm_up(shape, 120, 2.0)
        trace = curve * np.exp(row)
        early += any(steadiness(trace[:n]).settled for n in range(20, length * 3 // 4, 10))
        late += _right(steadiness(trace[: 2 * length]), length)
    assert early <= 10
    assert late >= 190


@pytest.mark.parametrize("length", [0, 7, 300, 20_000])
def test_a_long_trace_is_searched_at_every_scale(length: int) -> None:
    n = 50_000
    latency = np.where(np.arange(n) < length, 2.0, 1.0) * np.exp(np.random.default_rng(6).normal(0, 0.03, n))
    assert _right(steadiness(latency), length)


@pytest.mark.parametrize(
    ("latencies", "said"),
    [
        (np.ones(19), Steadiness(False, 0, "too_short")),
        (np.ones(20), Steadiness(True, 0, "")),
        (np.ones(500), Steadiness(True, 0, "")),
    ],
)
def test_traces_at_the_edge(latencies: np.ndarray, said: Steadiness) -> None:
    assert steadiness(latencies) == said


def test_a_warm_up_without_enough_after_it_goes_on() -> None:
    curve = np.where(TIME < 380, 2.0, 1.0)
    found = steadiness(curve * np.exp(np.random.default_rng(0).normal(0, 0.02, N)))
    assert (found.settled, found.unrest) == (False, "warming")


def test_the_unit_does_not_matter() -> None:
    curve, _ = _warm_up("ramp", 100, 1.0)
    trace = curve * np.exp(np.random.default_rng(0).normal(0, 0.03, N))
    assert steadiness(trace) == steadiness(1e6 * trace)
