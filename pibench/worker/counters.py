"""The kernel's event counters over the threads of one model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from pibench import _native
from pibench.report.samples import HardwareCounter

_HARDWARE, _SOFTWARE, _CACHE = 0, 1, 3
_L1D, _LAST_LEVEL = 0, 2
_READ, _MISS = 0 << 8, 1 << 16

Event = tuple[int, int]

# Type and config of perf_event_open (linux/perf_event.h); the first leads the group.
HARDWARE: Final[dict[HardwareCounter, Event]] = {
    "cycles": (_HARDWARE, 0),
    "instructions": (_HARDWARE, 1),
    "l1d_misses": (_CACHE, _L1D | _READ | _MISS),
    "llc_misses": (_CACHE, _LAST_LEVEL | _READ | _MISS),
    "branch_misses": (_HARDWARE, 5),
}
MIGRATIONS: Final[Event] = (_SOFTWARE, 4)


class Reading(NamedTuple):
    """What a thread's events counted, and for how many ns they were to count and did."""

    counts: tuple[int, ...]
    enabled_ns: int
    running_ns: int


def scaled(reading: Reading) -> tuple[int, ...] | None:
    """Counts as they would be had the events counted all the time; None when they never did.

    A thread that did not run at all, so that its events were never due, has counted nothing.
    """
    if not reading.enabled_ns:
        return tuple(0 for _ in reading.counts)
    if not reading.running_ns:
        return None
    return tuple(count * reading.enabled_ns // reading.running_ns for count in reading.counts)


class ThreadCounters:
    """The same events on several threads, summed. Counts nothing where the kernel gives no counters."""

    def __init__(self, thread_ids: Sequence[int], events: Sequence[Event], user_only: bool = True) -> None:
        self._events = tuple(events)
        self._groups = [_native.Counters(thread_id, self._events, user_only) for thread_id in thread_ids]

    def start(self) -> None:
        """Begin to count."""
        for group in self._groups:
            try:
                group.start()
            except OSError:
                group.close()

    def stop(self) -> dict[Event, int]:
        """The counts since ``start``; an event that one of the threads could not count is absent."""
        per_thread = [self._counted(group) for group in self._groups]
        common = [event for event in self._events if all(event in counts for counts in per_thread)]
        return {event: sum(counts[event] for counts in per_thread) for event in common}

    def _counted(self, group: _native.Counters) -> dict[Event, int]:
        opened = group.opened
        try:
            counts = scaled(Reading(*group.stop()))
        except OSError:
            return {}
        return dict(zip((self._events[index] for index in opened), counts or (), strict=counts is not None))

    def close(self) -> None:
        """Release the events."""
        for group in self._groups:
            group.close()
