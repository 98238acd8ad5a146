from __future__ import annotations

import math

import numpy as np
import pytest

from pibench.stats import Interval, log_ratios, nested_ratio, paired_ratio, sign_test, split_abba, verdict

Nest = list[list[list[np.ndarray]]]


def _pairs(rng: np.random.Generator, n: int, ratio: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Pairs that share a wandering machine, each member with noise and 1 % spikes of its own."""
    machine = np.cumsum(rng.normal(0, 0.03, n))
    a, b = (machine + rng.normal(0, 0.02, n) + (rng.random(n) < 0.01) * rng.exponential(2, n) for _ in range(2))
    return np.exp(a), ratio * np.exp(b)


@pytest.mark.parametrize("n", [20, 100, 400])
def test_the_ratio_is_covered_95_times_in_100_though_the_machine_wanders(n: int) -> None:
    rng = np.random.default_rng(n)
    intervals = [paired_ratio(*_pairs(rng, n, 1.02)) for _ in range(2000)]
    assert 0.93 <= np.mean([low <= 1.02 <= high for _, low, high in intervals]) <= 0.97


def test_a_slowdown_of_three_percent_is_found_and_never_called_faster() -> None:
    rng = np.random.default_rng(1)
    verdicts = [verdict(paired_ratio(*_pairs(rng, 100, 1.03))) for _ in range(1000)]
    assert verdicts.count("slower") >= 990
    assert "faster" not in verdicts


def test_spikes_do_not_move_the_ratio() -> None:
    a, b = _pairs(np.random.default_rng(0), 200)
    before = paired_ratio(a, b).estimate
    b[::40] *= 1000
    assert paired_ratio(a, b).estimate == pytest.approx(before, rel=0.005)


def test_too_few_pairs_bound_nothing() -> None:
    ratio = paired_ratio([1, 1, 1], [2, 2, 3])
    assert ratio == (pytest.approx(2), 0, math.inf)
    assert verdict(ratio) == "undecided"


def test_pairs_of_unequal_number_are_refused() -> None:
    with pytest.raises(ValueError, match="both members"):
        log_ratios([1, 2], [1])


def test_abba_is_split_into_pairs() -> None:
    a, b = split_abba([1, 10, 20, 2, 3, 30, 40, 4])
    assert a.tolist() == [1, 2, 3, 4]
    assert b.tolist() == [10, 20, 30, 40]


def test_a_steady_trend_cancels_in_abba() -> None:
    a, b = split_abba(np.exp(0.01 * np.arange(80)))
    assert log_ratios(a, b).mean() == pytest.approx(0, abs=1e-12)


def test_an_incomplete_abba_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple of four"):
        split_abba([1, 2, 3])


def _nest(
    rng: np.random.Generator, processes: int, instances: int, ratio: float = 1.0, process_sd: float = 0.0
) -> tuple[Nest, Nest]:
    """Two models, each instance of which differs by 1 % from others of its model; blocks of 10 pairs."""
    shape = (processes, instances, 5, 10)
    machine = rng.normal(0, 0.05, (*shape[:3], 1))
    own = rng.normal(0, 0.01, (2, *shape[:2], 1, 1))
    noise = rng.normal(0, 0.03, (2, *shape))
    favour = rng.normal(0, process_sd, (processes, 1, 1, 1)) + math.log(ratio)
    a, b = np.exp(machine + own + noise)
    return a.tolist(), (b * np.exp(favour)).tolist()


@pytest.mark.parametrize(("processes", "instances"), [(1, 4), (1, 8), (3, 4), (6, 2)])
@pytest.mark.parametrize("process_sd", [0.0, 0.02])
def test_identical_models_are_called_different_five_times_in_100(
    processes: int, instances: int, process_sd: float
) -> None:
    rng = np.random.default_rng(10 * processes + instances)
    spread = process_sd if processes > 1 else 0.0
    intervals = [nested_ratio(*_nest(rng, processes, instances, 1.0, spread)).interval for _ in range(1000)]
    assert 0.93 <= np.mean([low <= 1 <= high for _, low, high in intervals]) <= 0.97


def test_pairs_pooled_over_instances_call_identical_models_different() -> None:
    rng = np.random.default_rng(2)
    pooled = [paired_ratio(*(np.ravel(x) for x in _nest(rng, 1, 4))) for _ in range(500)]
    assert np.mean([low <= 1 <= high for _, low, high in pooled]) < 0.85


def test_eight_pairs_of_instances_find_three_percent() -> None:
    rng = np.random.default_rng(3)
    verdicts = [verdict(nested_ratio(*_nest(rng, 1, 8, 1.03)).interval) for _ in range(500)]
    assert verdicts.count("slower") >= 475
    assert "faster" not in verdicts


def test_instances_of_all_processes_can_be_the_units() -> None:
    a, b = _nest(np.random.default_rng(0), 2, 4)
    assert nested_ratio(a, b)[1:] == ("process", 2)
    assert nested_ratio(a, b, unit="instance")[1:] == ("instance", 8)


def test_a_single_block_of_pairs_is_taken_as_a_trace() -> None:
    a, b = _pairs(np.random.default_rng(0), 200, 1.5)
    (estimate, low, high), unit, units = nested_ratio([[[a]]], [[[b]]])
    assert (unit, units) == ("sample", 200)
    assert estimate == pytest.approx(float(np.exp(np.median(log_ratios(a, b)))))
    assert 1.45 < low < estimate < high < 1.55


def test_models_nested_differently_are_refused() -> None:
    a, b = _nest(np.random.default_rng(0), 2, 2)
    with pytest.raises(ValueError, match="shorter"):
        nested_ratio(a, b[:1])


@pytest.mark.parametrize(
    ("low", "high", "threshold", "said"),
    [
        *[(1.001, 1.1, 0.0, "slower"), (0.9, 0.999, 0.0, "faster"), (0.99, 1.01, 0.0, "undecided")],
        *[(1.001, 1.1, 0.02, "undecided"), (1.03, 1.1, 0.02, "slower"), (0.9, 0.97, 0.02, "faster")],
        *[(0.99, 1.01, 0.02, "same"), (1.0, 1.0, 0.0, "undecided"), (1.005, 1.015, 0.02, "same")],
        *[(math.nan, math.nan, 0.02, "undecided"), (0.0, math.inf, 0.02, "undecided")],
    ],
)
def test_verdict(low: float, high: float, threshold: float, said: str) -> None:
    assert verdict(Interval(1.0, low, high), threshold) == said


def test_swapping_the_models_swaps_the_verdict() -> None:
    slower = Interval(1.05, 1.021, 1.08)
    swapped = Interval(*(1 / bound for bound in (slower.estimate, slower.high, slower.low)))
    assert (verdict(slower, 0.02), verdict(swapped, 0.02)) == ("slower", "faster")


def test_sign_test_is_the_tabulated_one() -> None:
    assert sign_test([1] * 9 + [-1]) == pytest.approx(22 / 1024)
    assert sign_test([1, -1] * 5) == 1
    assert sign_test([0, 0]) == 1
    assert sign_test([0, *[-1] * 5]) == pytest.approx(2 / 32)
