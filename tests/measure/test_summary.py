from __future__ import annotations

import math

import numpy as np
import pytest
from fakes import measurement

from pibench.measure.summary import latencies_ns, summarise


def test_a_groups_duration_is_shared_by_its_inferences() -> None:
    assert list(latencies_ns(measurement([100, 200], group=4))) == [25, 50]


def test_one_process_gives_its_median_and_the_interval_over_samples() -> None:
    summary = summarise([measurement(range(1, 101))])
    assert (summary.median_ns, summary.low_ns, summary.high_ns) == (50.5, 40, 61)
    assert (summary.samples, summary.processes) == (100, 1)


def test_the_interval_of_several_processes_comes_from_their_medians() -> None:
    summary = summarise([measurement([m] * 500, process=k) for k, m in enumerate((80, 100, 125))])
    assert summary.median_ns == pytest.approx(100)
    # Student's t with two degrees of freedom on the logarithms: 4.3027 · ln(1.25) / √3.
    factor = math.exp(4.3027 * math.log(1.25) / math.sqrt(3))
    assert summary.high_ns == pytest.approx(100 * factor, rel=1e-4)
    assert summary.low_ns == pytest.approx(100 / factor, rel=1e-4)


def test_no_bound_falls_below_zero_however_processes_differ() -> None:
    assert summarise([measurement([m] * 9, process=k) for k, m in enumerate((10, 10_000))]).low_ns > 0


def test_a_spike_moves_the_mean_and_the_tail_but_not_the_median() -> None:
    summary = summarise([measurement([100] * 90 + [10_000] * 10, process=k) for k in range(5)])
    assert summary.median_ns == pytest.approx(100)
    assert (summary.min_ns, summary.p95_ns) == (100, 10_000)
    assert summary.mean_ns == pytest.approx(1090)


def test_rate_is_the_medians_inverse() -> None:
    assert summarise([measurement([2_000_000] * 10)]).inferences_per_second == pytest.approx(500)


def test_the_interval_covers_the_centre_of_processes_95_times_in_100() -> None:
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(1000):
        centres = np.exp(rng.normal(np.log(1e6), 0.05, 5))
        summary = summarise(
            [
                measurement(np.exp(rng.normal(np.log(centre), 0.02, 60)).astype(int).tolist(), process=k)
                for k, centre in enumerate(centres)
            ]
        )
        covered += summary.low_ns <= 1e6 <= summary.high_ns
    assert 0.93 <= covered / 1000 <= 0.97
