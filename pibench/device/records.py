"""What is kept of the board's state while something is measured."""

from __future__ import annotations

from typing import Literal

import msgspec

Quantity = Literal[
    "temperature_c", "frequency_khz", "frequency_limit_khz", "throttle_flags", "under_voltage", "cooling"
]
SpanKind = Literal["under_voltage", "capped", "throttled", "soft_limit", "slow_clock", "cooling"]


class _Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Channel(_Record, frozen=True, kw_only=True):
    """One sensor's readings, None where it could not be read.

    ``throttle_flags`` are the Raspberry Pi firmware's (bits 0 to 3 now, 16 to 19 since the start),
    ``under_voltage`` is 1 while the supply is too weak, ``cooling`` the state of a kernel cooling
    device (0: not cooling).
    """

    name: str
    quantity: Quantity
    values: tuple[float | None, ...]


class Trace(_Record, frozen=True, kw_only=True):
    """Readings of all channels, taken every ``period_ms`` by a native thread beside the measurement.

    ``start_ns`` (CLOCK_MONOTONIC): when each reading began. ``reading_ns``: what one reading of
    all channels took, in the median; nothing without channels.
    """

    period_ms: float
    reading_ns: float | None
    start_ns: tuple[int, ...]
    channels: tuple[Channel, ...]


class Span(_Record, frozen=True, kw_only=True):
    """A stretch of time (CLOCK_MONOTONIC) in which the board did not run as it should."""

    kind: SpanKind
    begin_ns: int
    end_ns: int


class CoolDown(_Record, frozen=True, kw_only=True):
    """How the wait before a measurement ended.

    "met": the board came down to ``target_c``. "not_met": it did not within the limit.
    "no_sensor": there is none, a fixed pause was made instead. "not_asked": the pause, if any, was
    all that was asked for.
    """

    outcome: Literal["met", "not_met", "no_sensor", "not_asked"]
    waited_s: float
    target_c: float | None = None
    temperature_c: float | None = None
