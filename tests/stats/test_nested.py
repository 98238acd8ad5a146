from __future__ import annotations

import math

import numpy as np
import pytest
from synthetic import Design, nested

from pibench.stats import (
    hierarchical_median,
    hierarchical_quantile,
    median_interval,
    prediction_interval,
    trace_median_interval,
)
from pibench.stats.nested import block_centres, unit_centres

REPETITIONS = 1000
FEW, SOME, MANY = (Design(processes=count, instances=2, blocks=3, samples=10) for count in (3, 5, 10))


@pytest.mark.parametrize("design", [FEW, SOME, MANY, SOME._replace(ragged=True), FEW._replace(process_sd=0.0)])
def test_the_interval_covers_the_median_over_all_processes_95_times_in_100(design: Design) -> None:
    rng = np.random.default_rng(7)
    intervals = [hierarchical_median(nested(rng, design)).interval for _ in range(REPETITIONS)]
    assert 0.93 <= np.mean([low <= 1 <= high for _, low, high in intervals]) <= 0.97


@pytest.mark.parametrize("design", [FEW, MANY, SOME._replace(ragged=True)])
def test_the_median_of_a_fresh_process_lies_in_the_prediction_interval_95_times_in_100(design: Design) -> None:
    rng = np.random.default_rng(8)
    inside = [_holds_fresh(rng, design, 1) for _ in range(REPETITIONS)]
    assert 0.93 <= np.mean(inside) <= 0.97


def test_the_result_of_a_fresh_run_of_as_many_processes_lies_in_its_prediction_interval() -> None:
    rng = np.random.default_rng(9)
    inside = [_holds_fresh(rng, SOME, SOME.processes) for _ in range(REPETITIONS)]
    assert 0.93 <= np.mean(inside) <= 0.97


@pytest.mark.parametrize("processes", [3, 5, 10])
def test_at_98_percent_nineteen_runs_in_twenty_hold_nine_in_ten_fresh_runs(processes: int) -> None:
    rng = np.random.default_rng(13)
    held = []
    for _ in range(500):
        run = [[[[latency]]] for latency in np.exp(rng.normal(0, 0.07, processes))]
        _, low, high = prediction_interval(run, processes, 0.98)
        fresh = np.exp(rng.normal(0, 0.07, (30, processes)).mean(axis=1))
        held.append(np.mean((low <= fresh) & (fresh <= high)) >= 0.9)
    assert np.mean(held) >= 0.93


def _holds_fresh(rng: np.random.Generator, design: Design, processes: int) -> bool:
    _, low, high = prediction_interval(nested(rng, design), processes)
    fresh = hierarchical_median(nested(rng, design._replace(processes=processes))).interval.estimate
    return low <= fresh <= high


def test_pooled_samples_cover_far_less() -> None:
    rng = np.random.default_rng(10)
    made = [nested(rng, SOME) for _ in range(300)]
    pooled = [median_interval(np.concatenate([b for p in n for i in p for b in i])) for n in made]
    assert np.mean([low <= 1 <= high for _, low, high in pooled]) < 0.5


def test_percentiles_of_resampled_processes_cover_less_where_processes_are_few() -> None:
    rng = np.random.default_rng(11)
    assert _percentile_coverage(rng, 3) < 0.8
    assert _percentile_coverage(rng, 10) < 0.93


def _percentile_coverage(rng: np.random.Generator, processes: int) -> float:
    logs = rng.normal(size=(1000, processes))
    draws = rng.integers(0, processes, (500, processes))
    low, high = np.quantile(logs[:, draws].mean(axis=2), (0.025, 0.975), axis=1)
    return float(np.mean((low <= 0) & (high >= 0)))


@pytest.mark.parametrize("q", [0.25, 0.95])
def test_quantiles_of_a_typical_process_are_covered_95_times_in_100(q: float) -> None:
    rng = np.random.default_rng(12)
    # Many samples, one block: the quantile within a process is then that of the distribution.
    design = Design(instances=1, blocks=1, samples=400, instance_sd=0, block_sd=0)
    # Of 99 % normal values and 1 % spikes, q / 0.99 of the normal ones.
    truth = math.exp(0.03 * {0.25: -0.6666, 0.95: 1.7472}[q])
    intervals = [hierarchical_quantile(nested(rng, design), q).interval for _ in range(REPETITIONS)]
    assert 0.93 <= np.mean([low <= truth <= high for _, low, high in intervals]) <= 0.97


def test_the_unit_is_the_highest_level_that_was_repeated() -> None:
    block = np.exp(np.random.default_rng(0).normal(0, 0.1, 30))
    assert hierarchical_median([[[block]], [[2 * block]]])[1:] == ("process", 2)
    assert hierarchical_median([[[block], [2 * block], [block]]])[1:] == ("instance", 3)
    assert hierarchical_median([[[block, 2 * block]]])[1:] == ("block", 2)
    assert hierarchical_median([[[block]]])[1:] == ("sample", 30)
    assert hierarchical_quantile([[[block], [block]]], 0.9)[1:] == ("instance", 2)
    assert hierarchical_quantile([[[block]]], 0.9)[1:] == ("block", 1)


def test_a_unit_can_be_asked_for() -> None:
    rng = np.random.default_rng(0)
    made = nested(rng, SOME)
    assert hierarchical_median(made, unit="instance")[1:] == ("instance", 10)
    assert hierarchical_median(made, unit="block")[1:] == ("block", 30)


def test_one_block_has_the_interval_of_its_trace() -> None:
    block = np.exp(np.random.default_rng(0).normal(0, 0.1, 300))
    _, low, high = trace_median_interval(np.log(block))
    assert hierarchical_median([[[block]]]).interval[1:] == pytest.approx((math.exp(low), math.exp(high)))


def test_medians_below_and_means_of_logs_above() -> None:
    process = [[[1.0, 2.0, 90.0], [8.0], [2.0]], [[8.0]]]  # instances: median of 2, 8, 2; and 8
    assert unit_centres(block_centres([process]), "process") == pytest.approx(np.log([4]))
    assert hierarchical_median([process, [[[16.0]]]]).interval.estimate == pytest.approx(8)


def test_a_disturbed_block_does_not_move_the_estimate() -> None:
    made = nested(np.random.default_rng(0), SOME)
    before = hierarchical_median(made).interval
    made[0][0][0] = made[0][0][0] * 10
    after = hierarchical_median(made).interval
    assert after == pytest.approx(before, rel=0.02)


def test_one_process_predicts_nothing_about_others() -> None:
    assert prediction_interval([[[[4.0, 4.0, 5.0]]]]) == pytest.approx((4, 0, math.inf))


def test_more_fresh_processes_are_predicted_more_closely() -> None:
    made = nested(np.random.default_rng(0), SOME)
    one, many = prediction_interval(made), prediction_interval(made, processes=20)
    assert one.low < many.low < many.high < one.high
