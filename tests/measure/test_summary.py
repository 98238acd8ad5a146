from __future__ import annotations

import math

import numpy as np
import pytest
from fakes import measurement

from pibench.measure.summary import blocks_ns, latencies_ns, nested_ns, summarise
from pibench.report import Measurement, Summary, Usage


def summary(measurements: list[Measurement], **options: str) -> Summary:
    found = summarise(measurements, **options)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_a_groups_duration_is_shared_by_its_inferences() -> None:
    assert list(latencies_ns(measurement([100, 200], group=4))) == [25, 50]


def test_blocks_are_cut_where_other_models_ran_and_lack_what_is_set_aside() -> None:
    blocks = blocks_ns(measurement([1, 2, 3, 4, 5, 6], blocks=[2, 1, 3], set_aside=[2, 3]))
    assert [block.tolist() for block in blocks] == [[1, 2], [5, 6]]


def test_instances_are_nested_in_their_processes() -> None:
    taken = [measurement([k], process=p, instance=i) for k, (p, i) in enumerate([(1, 0), (0, 1), (0, 0), (1, 1)], 1)]
    assert [[i[0].tolist() for i in process] for process in nested_ns(taken)] == [[[3], [2]], [[1], [4]]]


def test_one_process_gives_its_median_and_the_interval_over_its_blocks() -> None:
    found = summary([measurement([10, 10, 20, 20, 30, 30], blocks=[2, 2, 2])])
    assert found.latency_ns == pytest.approx((10 * 20 * 30) ** (1 / 3), rel=0.02)
    assert found.low_ns < found.latency_ns < found.high_ns
    assert (found.samples, found.processes, found.fresh_low_ns) == (6, 1, None)


def test_the_interval_of_several_processes_comes_from_their_medians() -> None:
    found = summary([measurement([m] * 500, process=k) for k, m in enumerate((80, 100, 125))])
    assert found.latency_ns == pytest.approx(100)
    # Student's t with two degrees of freedom on the logarithms: 4.3027 · ln(1.25) / √3.
    factor = math.exp(4.3027 * math.log(1.25) / math.sqrt(3))
    assert found.high_ns == pytest.approx(100 * factor, rel=1e-4)
    assert found.low_ns == pytest.approx(100 / factor, rel=1e-4)


def test_a_fresh_run_may_land_farther_off_than_the_interval() -> None:
    found = summary([measurement([m] * 50, process=k) for k, m in enumerate((98, 100, 101, 99))])
    assert found.fresh_low_ns is not None
    assert found.fresh_high_ns is not None
    assert found.fresh_low_ns < found.low_ns < found.high_ns < found.fresh_high_ns


def test_no_bound_falls_below_zero_however_processes_differ() -> None:
    assert summary([measurement([m] * 9, process=k) for k, m in enumerate((10, 10_000))]).low_ns > 0


def test_a_spike_moves_the_mean_and_the_tail_but_not_the_median() -> None:
    found = summary([measurement([100] * 90 + [10_000] * 10, process=k) for k in range(5)])
    assert found.latency_ns == pytest.approx(100)
    assert (found.min_ns, found.p95_ns) == (100, 10_000)
    assert found.mean_ns == pytest.approx(1090)
    assert found.outliers.high_severe == 50


def test_the_figure_is_the_mean_where_the_protocol_says_so() -> None:
    taken = [measurement([100] * 90 + [10_000] * 10, process=k) for k in range(3)]
    found = summary(taken, statistic="mean")
    assert found.latency_ns == pytest.approx(1090)
    assert found.fresh_low_ns is None


def test_samples_set_aside_are_in_no_figure() -> None:
    found = summary([measurement([100] * 8 + [900] * 2, process=k, set_aside=[8, 9]) for k in range(3)])
    assert (found.mean_ns, found.p95_ns, found.samples, found.set_aside) == (100, 100, 24, 6)


def test_nothing_left_is_no_figure() -> None:
    assert summarise([measurement([100, 100], set_aside=[0, 1])]) is None
    assert summarise([]) is None


def test_a_process_without_samples_left_does_not_count() -> None:
    found = summary([measurement([100] * 4, process=0), measurement([900], process=1, set_aside=[0])])
    assert (found.latency_ns, found.processes) == (pytest.approx(100), 1)


def test_rate_is_the_medians_inverse() -> None:
    assert summary([measurement([2_000_000] * 10)]).inferences_per_second == pytest.approx(500)


def test_the_spread_is_told_by_level_and_none_where_nothing_was_repeated() -> None:
    rng = np.random.default_rng(0)
    taken = [
        measurement((1e6 * np.exp(rng.normal(shift, 0.01, 100))).astype(int).tolist(), process=k)
        for k, shift in enumerate(rng.normal(0, 0.05, 200))
    ]
    spread = summary(taken).spread
    assert spread.process == pytest.approx(0.05, rel=0.15)
    assert spread.sample == pytest.approx(0.01, rel=0.15)
    assert (spread.instance, spread.block) == (None, None)


def test_a_single_sample_is_its_own_range() -> None:
    found = summary([measurement([7])])
    assert (found.low_ns, found.latency_ns, found.high_ns) == pytest.approx((7, 7, 7))


def test_hardware_counts_are_per_inference_and_only_of_what_all_could_count() -> None:
    usages = [
        Usage(invocations=10, hardware={"cycles": 1000, "instructions": 500}),
        Usage(invocations=30, hardware={"cycles": 5000}),
    ]
    found = summary([measurement([1] * 5, process=k, usage=usage) for k, usage in enumerate(usages)])
    assert found.hardware == {"cycles": 150.0}


def test_the_interval_covers_the_centre_of_processes_95_times_in_100() -> None:
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(1000):
        centres = np.exp(rng.normal(np.log(1e6), 0.05, 5))
        found = summary(
            [
                measurement(np.exp(rng.normal(np.log(centre), 0.02, 60)).astype(int).tolist(), process=k)
                for k, centre in enumerate(centres)
            ]
        )
        covered += found.low_ns <= 1e6 <= found.high_ns
    assert 0.93 <= covered / 1000 <= 0.97


def test_a_fresh_run_lands_in_the_interval_that_the_first_one_gave_for_it() -> None:
    rng = np.random.default_rng(1)

    def run() -> Summary:
        centres = np.exp(rng.normal(np.log(1e6), 0.03, 5))
        return summary([measurement([int(centre)] * 4, process=k) for k, centre in enumerate(centres)])

    firsts = [run() for _ in range(60)]
    inside = [sum(f.fresh_low_ns <= run().latency_ns <= f.fresh_high_ns for _ in range(30)) for f in firsts]  # type: ignore[operator]
    assert np.mean(inside) / 30 >= 0.96
    assert np.mean(np.array(inside) >= 27) >= 0.85
