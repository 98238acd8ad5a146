from __future__ import annotations

import numpy as np
import pytest

from pibench.stats import mad, mad_sigma, outlier_classes, tukey_fences, tukey_outliers
from pibench.stats.robust import Fences, Outliers


def test_mad_is_the_median_distance_from_the_median() -> None:
    assert mad([1, 1, 2, 2, 4, 6, 9]) == 1


def test_mad_of_equal_values_is_zero() -> None:
    assert mad([3, 3, 3]) == 0


def test_mad_estimates_the_standard_deviation_of_normal_values() -> None:
    values = np.random.default_rng(0).normal(7, 2, 100_000)
    assert mad_sigma(values) == pytest.approx(2, rel=0.01)


def test_spikes_do_not_move_the_mad() -> None:
    values = np.random.default_rng(0).normal(7, 2, 10_000)
    values[:100] = 1e9
    assert mad_sigma(values) == pytest.approx(2, rel=0.03)


def test_fences_stand_at_one_and_a_half_and_three_interquartile_ranges() -> None:
    assert tukey_fences(np.arange(9)) == Fences(2 - 12, 2 - 6, 6 + 6, 6 + 12)


def test_outliers_are_classed_and_kept() -> None:
    values = [*range(9), 17, 30, -9, -20]
    # Quartiles 1 and 7: fences at -17, -8, 16 and 25.
    assert outlier_classes(values).tolist() == [0] * 9 + [1, 2, -1, -2]
    assert tukey_outliers(values) == Outliers(low_severe=1, low_mild=1, high_mild=1, high_severe=1, values=13)


def test_a_value_on_a_fence_is_inside() -> None:
    assert outlier_classes([*range(9), 16, 25.1, -8, -17]).tolist()[9:] == [0, 2, 0, -1]


def test_the_share_is_of_all_values() -> None:
    outliers = tukey_outliers([*range(9), 17, 30, -9, -20])
    assert outliers.total == 4
    assert outliers.share == pytest.approx(4 / 13)
