from __future__ import annotations

import pytest
from fake_roof import roof, roofline

from pibench.errors import RooflineError
from pibench.roofline import Dtype


@pytest.mark.parametrize(
    ("dtype", "intensity", "per_second"),
    [("float32", 1, 2e9), ("float32", 5, 10e9), ("float32", 100, 10e9), ("int8", 5, 10e9), ("int8", 100, 40e9)],
)
def test_memory_is_the_limit_below_the_ridge_and_arithmetic_above(
    dtype: Dtype, intensity: float, per_second: float
) -> None:
    assert roofline().attainable(1, dtype, intensity) == pytest.approx(per_second)


def test_the_ridge_is_where_both_limits_meet() -> None:
    found = roofline()
    for threads, dtype, ridge in ((1, "float32", 5), (1, "int8", 20), (4, "float32", 20)):
        assert found.ridge_point(threads, dtype) == pytest.approx(ridge)
        assert found.attainable(threads, dtype, ridge) == pytest.approx(found.roof(threads).peak(dtype).median)


def test_a_thread_count_that_was_not_measured_is_told_with_the_command_that_does() -> None:
    with pytest.raises(RooflineError, match=r"of 2 threads is unknown, only of 1, 4: .* pibench roofline --threads 2"):
        roofline().attainable(2, "float32", 1)


def test_the_half_width_is_relative() -> None:
    assert roof(half_width=0.03).peak_float32.relative_half_width == pytest.approx(0.03)
