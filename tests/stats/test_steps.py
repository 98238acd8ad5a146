from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest

from pibench.stats import Levels, between_runs_sd, levels

SD = 0.007


class Found(NamedTuple):
    any_step: float
    in_place: float
    covered: float


def found(
    runs: int, *, step: float = 0.0, at: int = 0, outliers: int = 0, uneven: bool = False, repetitions: int = 300
) -> Found:
    """How often there was a step, one at the right place, and one whose interval has the truth."""
    rng = np.random.default_rng(runs + 7 * outliers)
    seen: list[Levels] = []
    for _ in range(repetitions):
        sds = SD * np.where(rng.random(runs) < 0.3, 3.0, 1.0) if uneven else np.full(runs, SD)
        logs = rng.normal(0, sds) + math.log1p(step) * (np.arange(runs) >= at)
        logs[rng.choice(runs, outliers, replace=False)] += 0.1 * rng.choice([-1, 1], outliers)
        seen.append(levels(np.exp(logs), sds**2))
    ones = [one.steps[0] for one in seen if len(one.steps) == 1]
    return Found(
        float(np.mean([bool(one.steps) for one in seen])),
        sum(one.at == at for one in ones) / repetitions,
        sum(one.ratio.low <= 1 + step <= one.ratio.high for one in ones) / max(1, len(ones)),
    )


@pytest.mark.parametrize("runs", [4, 6, 10, 30, 100])
@pytest.mark.parametrize("uneven", [False, True])
def test_a_series_without_steps_has_none_95_times_in_100(runs: int, uneven: bool) -> None:
    assert found(runs, uneven=uneven).any_step <= 0.05


@pytest.mark.parametrize("outliers", [1, 2, 3])
def test_single_runs_that_stand_out_are_no_steps(outliers: int) -> None:
    assert found(30, outliers=outliers).any_step <= 0.05


@pytest.mark.parametrize(("runs", "at"), [(6, 3), (10, 5), (10, 8), (30, 15), (30, 28)])
def test_a_step_of_six_standard_deviations_is_found_where_it_is(runs: int, at: int) -> None:
    seen = found(runs, step=6 * SD, at=at)
    # Two at the end may both stand out by chance from each other.
    assert seen.in_place > (0.75 if runs - at < 3 else 0.85)
    assert seen.covered > 0.9


def test_a_step_is_found_among_runs_that_stand_out() -> None:
    assert found(30, step=6 * SD, at=15, outliers=3).any_step > 0.95


def test_runs_of_wide_intervals_make_no_step_where_the_others_do() -> None:
    logs = np.array([0.0, 0.001, 0.0, 0.001, 0.03, 0.031, 0.03])
    variances = np.full(7, 0.005**2)
    assert [step.at for step in levels(np.exp(logs), variances).steps] == [4]
    variances[4:] = 0.03**2
    assert levels(np.exp(logs), variances).steps == []


def test_one_run_at_the_end_is_apart_and_two_are_a_step() -> None:
    variances = np.full(8, SD**2)
    one = levels(np.exp([0, 0.001, 0, 0.001, 0, 0.001, 0, 0.08]), variances)
    assert (one.steps, list(one.apart)) == ([], [False] * 7 + [True])
    two = levels(np.exp([0, 0.001, 0, 0.001, 0, 0.001, 0.08, 0.08]), variances)
    assert [step.at for step in two.steps] == [6]
    assert not two.apart.any()


def test_two_in_between_are_apart_and_three_an_episode() -> None:
    variances = np.full(12, SD**2)
    logs = np.zeros(12)
    logs[5:7] = 0.08
    assert levels(np.exp(logs), variances).steps == []
    logs[5:8] = 0.08
    assert [step.at for step in levels(np.exp(logs), variances).steps] == [5, 8]


def test_the_levels_are_told_without_what_is_apart_from_them() -> None:
    logs = np.repeat([0.0, 0.1], 6)
    logs[2] = 0.5
    seen = levels(np.exp(logs), np.full(12, SD**2))
    assert seen.centres == pytest.approx([1, math.exp(0.1)])
    assert seen.steps[0].ratio.estimate == pytest.approx(math.exp(0.1))
    assert list(np.flatnonzero(seen.apart)) == [2]


@pytest.mark.parametrize("runs", [1, 2, 3])
def test_fewer_than_four_runs_have_one_level(runs: int) -> None:
    assert levels([1.0, 9.0, 9.0][:runs], [1e-6] * runs).steps == []


@pytest.mark.parametrize("run_sd", [0.0, 0.01])
def test_what_runs_differ_by_is_told_whatever_steps_and_wild_runs_there_are(run_sd: float) -> None:
    rng = np.random.default_rng(0)
    told = []
    for _ in range(200):
        logs = rng.normal(0, run_sd, 60) + rng.normal(0, 0.003, 60) + 0.2 * (np.arange(60) >= 30)
        logs[[7, 40]] += 1
        told.append(between_runs_sd(np.exp(logs), np.full(60, 0.003**2)))
    assert np.median(told) == pytest.approx(run_sd, abs=0.0015)
