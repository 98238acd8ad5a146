from __future__ import annotations

import math

import numpy as np
import pytest

from pibench.stats import unpaired_ratio, verdict

REPETITIONS = 500


def runs(rng: np.random.Generator, processes: int, process_sd: float, run_sd: float = 0.0, log: float = 0.0):
    return np.exp(log + rng.normal(0, run_sd) + rng.normal(0, process_sd, processes))


@pytest.mark.parametrize(
    ("processes", "spreads"),
    [((5, 5), (0.01, 0.01)), ((5, 15), (0.01, 0.002)), ((15, 5), (0.01, 0.002)), ((3, 3), (0.05, 0.05))],
)
def test_the_interval_covers_the_true_ratio_95_times_in_100(processes, spreads) -> None:
    rng = np.random.default_rng(1)
    covered = []
    for _ in range(REPETITIONS):
        a, b = (runs(rng, count, sd) for count, sd in zip(processes, spreads, strict=True))
        _, low, high = unpaired_ratio(a, 1.3 * b)
        covered.append(low <= 1.3 <= high)
    assert 0.92 <= np.mean(covered) <= 0.98


@pytest.mark.parametrize("processes", [3, 5, 15])
def test_it_covers_what_differs_from_run_to_run_where_that_is_told(processes: int) -> None:
    rng = np.random.default_rng(2)
    with_it, without = [], []
    for _ in range(REPETITIONS):
        a, b = (runs(rng, processes, 0.003, run_sd=0.005) for _ in range(2))
        with_it.append(unpaired_ratio(a, b, run_sd=0.005))
        without.append(unpaired_ratio(a, b))
    assert 0.92 <= np.mean([low <= 1 <= high for _, low, high in with_it]) <= 0.98
    assert np.mean([low <= 1 <= high for _, low, high in without]) < 0.85


def test_alike_runs_are_called_different_no_more_often_than_promised() -> None:
    rng = np.random.default_rng(3)
    found = [
        verdict(unpaired_ratio(*(runs(rng, 5, 0.003, run_sd=0.005) for _ in range(2)), run_sd=0.005), 0.0)
        for _ in range(REPETITIONS)
    ]
    assert np.mean([one in ("slower", "faster") for one in found]) < 0.07


def test_a_slowdown_beyond_the_noise_is_found_with_its_sign() -> None:
    rng = np.random.default_rng(4)
    found = [
        verdict(
            unpaired_ratio(runs(rng, 5, 0.003, 0.005), runs(rng, 5, 0.003, 0.005, log=math.log(1.06)), run_sd=0.005),
            0.02,
        )
        for _ in range(150)
    ]
    assert found.count("slower") > 0.95 * len(found)
    assert "faster" not in found


def test_swapping_the_sides_inverts_the_ratio() -> None:
    rng = np.random.default_rng(5)
    a, b = runs(rng, 5, 0.01), runs(rng, 8, 0.02)
    there, back = unpaired_ratio(a, b, run_sd=0.003), unpaired_ratio(b, a, run_sd=0.003)
    assert there == pytest.approx((1 / back.estimate, 1 / back.high, 1 / back.low))


def test_equal_spreads_give_students_pooled_interval() -> None:
    a, b = np.exp([0.0, 0.1, 0.2]), np.exp([1.0, 1.1, 1.2])
    half = 2.776445 * 0.1 * math.sqrt(2 / 3)  # Student's 97.5 % quantile with 4 degrees of freedom
    assert np.log(unpaired_ratio(a, b)) == pytest.approx([1, 1 - half, 1 + half], rel=1e-5)


def test_one_process_shows_no_spread() -> None:
    ratio = unpaired_ratio([2.0], [3.0, 3.0])
    assert ratio.estimate == pytest.approx(1.5)
    assert math.isnan(ratio.low)
    assert math.isnan(ratio.high)


def test_processes_that_agree_to_the_last_digit_leave_what_runs_differ_by() -> None:
    assert unpaired_ratio([2.0, 2.0], [3.0, 3.0]) == pytest.approx((1.5, 1.5, 1.5))
    _, low, high = unpaired_ratio([2.0, 2.0], [2.0, 2.0], run_sd=0.01)
    assert (math.log(low), math.log(high)) == pytest.approx((-0.027718, 0.027718), rel=1e-4)
