from __future__ import annotations

import pytest

from pibench.device import Quantity
from pibench.device.plausible import believed


@pytest.mark.parametrize(
    ("quantity", "raw", "value"),
    [
        ("temperature_c", 48_312, 48.312),
        ("temperature_c", 150_000, 150.0),
        ("temperature_c", 150_001, None),
        ("temperature_c", 0, None),
        ("temperature_c", -274_000, None),
        ("frequency_khz", 1_500_000, 1_500_000),
        ("frequency_khz", 0, None),
        ("frequency_limit_khz", 600_000, 600_000),
        ("frequency_limit_khz", 99_999_999_999, None),
        ("throttle_flags", 0, 0),
        ("throttle_flags", 0xFFFFFFFF, 0xFFFFFFFF),
        ("throttle_flags", 0x100000000, None),
        ("throttle_flags", -1, None),
        ("under_voltage", 0, 0),
        ("under_voltage", 1, 1),
        ("under_voltage", 2, None),
        ("cooling", 0, 0),
        ("cooling", 4, 4),
        ("cooling", -1, None),
        ("cooling", None, None),
    ],
)
def test_only_what_can_be_is_believed(quantity: Quantity, raw: int | None, value: float | None) -> None:
    assert believed(quantity, raw) == value
