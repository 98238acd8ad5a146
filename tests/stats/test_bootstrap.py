from __future__ import annotations

import math

import numpy as np
import pytest
from synthetic import Design, nested

from pibench.stats import bootstrap_median, hierarchical_median


@pytest.mark.parametrize("processes", [3, 5, 10])
@pytest.mark.parametrize("ragged", [False, True])
def test_the_interval_covers_the_median_of_all_95_times_in_100(processes: int, ragged: bool) -> None:
    rng = np.random.default_rng(processes)
    design = Design(processes=processes, instances=2, samples=10, ragged=ragged)
    # 0.5 / 0.99 of all values that are not spikes lie below the median of all.
    truth = math.exp(0.01266 * math.sqrt(0.07**2 + 0.01**2 + 0.005**2 + 0.03**2))
    intervals = [bootstrap_median(nested(rng, design), resamples=200).interval for _ in range(1000)]
    assert 0.93 <= np.mean([low <= truth <= high for _, low, high in intervals]) <= 0.97


def test_it_agrees_with_the_closed_form() -> None:
    rng = np.random.default_rng(1)
    widths = []
    for _ in range(100):
        made = nested(rng, Design(processes=8))
        resampled, closed = bootstrap_median(made, resamples=300).interval, hierarchical_median(made).interval
        assert resampled.estimate == pytest.approx(closed.estimate, rel=0.06)
        widths.append((resampled.high - resampled.low) / (closed.high - closed.low))
    # A median of few processes varies more than their mean does.
    assert 1 <= np.median(widths) <= 1.3


def test_the_seed_decides_the_draws() -> None:
    made = nested(np.random.default_rng(0), Design(processes=10))
    assert bootstrap_median(made, resamples=100) == bootstrap_median(made, resamples=100)
    assert bootstrap_median(made, resamples=100) != bootstrap_median(made, resamples=100, seed=1)


def test_units_have_equal_weight_whatever_their_numbers_of_samples() -> None:
    made = [[[[1.0] * 1000]], [[[2.0] * 10]], [[[3.0] * 10]]]
    assert bootstrap_median(made).interval.estimate == pytest.approx(2)


def test_one_block_has_no_bounds() -> None:
    (estimate, low, high), unit, units = bootstrap_median([[[[1.0, 2.0, 3.0]]]])
    assert (estimate, unit, units) == (2, "block", 1)
    assert math.isnan(low)
    assert math.isnan(high)
