from __future__ import annotations

import pytest
from profiles import timing

from pibench.profile.timing import ratio_over, summed, timing_over


def test_one_process_has_no_interval() -> None:
    assert timing_over([5.0]) == timing(pytest.approx(5.0), None)
    assert ratio_over([1.1]).low is None


def test_processes_that_agree_leave_no_doubt() -> None:
    found = ratio_over([1.1, 1.1, 1.1])
    assert (found.ratio, found.low, found.high) == (pytest.approx(1.1),) * 3


def test_widths_of_layers_add_up() -> None:
    assert summed([timing(10, 1), timing(20, 2)]) == timing(30, 3)


def test_a_sum_with_an_unbounded_part_is_unbounded() -> None:
    assert summed([timing(10, 1), timing(20, None)]) == timing(30, None)
