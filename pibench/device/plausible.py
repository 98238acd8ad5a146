"""Sensors tell nonsense at times: what of a raw reading can be believed, in its quantity's unit."""

from __future__ import annotations

from pibench.device.records import Quantity

_MILLI = 1000
# Raw values: thousandths of a degree, kHz, flags of 32 bits, an alarm, a cooling state.
_MOST: dict[Quantity, int] = {
    "temperature_c": 150 * _MILLI,
    "frequency_khz": 10_000_000,
    "frequency_limit_khz": 10_000_000,
    "throttle_flags": 0xFFFFFFFF,
    "under_voltage": 1,
    "cooling": 1000,
}
# At 0 °C or without a clock nothing would be measured: that is a sensor which is not ready.
_NEVER_ZERO = {"temperature_c", "frequency_khz", "frequency_limit_khz"}


def believed(quantity: Quantity, raw: int | None) -> float | None:
    """A raw reading in the unit of its quantity (°C, kHz, else unchanged); None for what cannot be."""
    if raw is None or not (quantity in _NEVER_ZERO) <= raw <= _MOST[quantity]:
        return None
    return raw / _MILLI if quantity == "temperature_c" else float(raw)
