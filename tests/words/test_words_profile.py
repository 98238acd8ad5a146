from __future__ import annotations

from pibench.profile.grouping import Group
from pibench.report import Timing
from pibench.words.numbers import TimeUnit, unit_of
from pibench.words.profile import precision_text, time_text, time_unit

MICROSECONDS = TimeUnit("µs", 1e3)


def test_a_time_has_the_digits_that_its_interval_supports() -> None:
    assert time_text(Timing(ns=12_345.0, low_ns=12_000.0, high_ns=12_700.0), MICROSECONDS) == "12.35"
    assert time_text(None, MICROSECONDS) == "–"


def test_precision_is_blank_where_there_is_none_to_tell() -> None:
    assert precision_text(Timing(ns=100.0, low_ns=98.0, high_ns=102.0)) == "±2.0 %"
    assert precision_text(Timing(ns=100.0, low_ns=None, high_ns=None)) == ""
    assert precision_text(Timing(ns=0.0, low_ns=0.0, high_ns=0.0)) == ""
    assert precision_text(None) == ""


def test_a_table_without_times_is_in_microseconds() -> None:
    assert time_unit([Group("net", ())]) == MICROSECONDS


def test_times_are_told_in_the_unit_that_suits_them() -> None:
    assert [unit_of(ns).name for ns in (3.0, 4e3, 5e6, 6e9)] == ["ns", "µs", "ms", "s"]
