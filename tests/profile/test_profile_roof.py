from __future__ import annotations

import pytest
from fake_roof import roofline

from pibench.profile.roof import gops, least_ns, operations_per_byte, roof_record
from pibench.report import RoofRecord

ROOF = RoofRecord(peak_gops={"float32": 20.0}, memory_gbs=5.0, cache_gbs=2 * 5.0, cache_bytes=2000)


def test_a_layer_of_much_arithmetic_is_limited_by_the_peak() -> None:
    assert least_ns(1000, 50, "float32", ROOF) == pytest.approx(2 * 1000 / 20)


def test_a_layer_of_much_data_is_limited_by_the_memory() -> None:
    assert least_ns(10, 5000, "float32", ROOF) == pytest.approx(1000)


def test_what_fits_in_the_cache_comes_from_there() -> None:
    assert least_ns(10, 2000, "float32", ROOF) == pytest.approx(200)


def test_the_cache_is_the_second_level_whose_bandwidth_was_measured_and_not_a_larger_slower_one() -> None:
    record = roof_record(roofline(), 4)
    assert (record.cache_gbs, record.memory_gbs) == (pytest.approx(32), pytest.approx(2))
    second_level_bytes, last_level_bytes = 256 << 10, 512 << 10
    assert least_ns(0, second_level_bytes, "float32", record) == pytest.approx(second_level_bytes / 32)
    assert least_ns(0, last_level_bytes, "float32", record) == pytest.approx(last_level_bytes / 2)


def test_of_a_cache_that_nobody_tells_of_nothing_is_expected() -> None:
    roof = RoofRecord(peak_gops={"float32": 20.0}, memory_gbs=5.0, cache_gbs=10.0, cache_bytes=None)
    assert least_ns(10, 2000, "float32", roof) == pytest.approx(400)


def test_a_layer_without_operations_has_the_memorys_limit_alone_whatever_its_type() -> None:
    assert least_ns(0, 500, "int8", ROOF) == pytest.approx(50)


def test_what_is_unknown_has_no_limit() -> None:
    assert least_ns(None, 500, "float32", ROOF) is None
    assert least_ns(10, 500, "int8", ROOF) is None


def test_operations_are_two_per_multiply_accumulate() -> None:
    assert gops(1000, 100.0) == pytest.approx(20)
    assert operations_per_byte(1000, 500) == pytest.approx(4)


@pytest.mark.parametrize("macs", [0, None])
def test_layers_without_operations_have_no_rates(macs: int | None) -> None:
    assert gops(macs, 100.0) is None
    assert operations_per_byte(macs, 500) is None
