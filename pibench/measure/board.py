"""The board beside the workers: cooled down before a measurement, watched during it."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol as Interface

from pibench.device import CoolDown, Trace, read_temperature_c
from pibench.device.cool_down import CoolDownGate
from pibench.report.model import Protocol


class Recording(Interface):
    """The board's trace as it grows."""

    def so_far(self) -> Trace:
        """What was read until now."""
        ...

    def stop(self) -> Trace:
        """End it with one last reading."""
        ...


class Board(Interface):
    """What a campaign needs of the board."""

    def cool_down(self) -> CoolDown:
        """Wait until the board is as cool as at the begin."""
        ...

    def recording(self) -> AbstractContextManager[Recording]:
        """Watch the board until the context ends."""
        ...


class ThisBoard:
    """The machine this process runs on. ``cpus``: where the watching thread may run; empty for anywhere.

    ``gate``: one of others that ran before, whose begin counts; else now is the begin.
    """

    def __init__(self, protocol: Protocol, cpus: Sequence[int], gate: CoolDownGate | None = None) -> None:
        self._period_ms = 1000 / protocol.trace_hz
        self._cpus = tuple(cpus)
        self._gate = gate or gate_of(protocol)

    def cool_down(self) -> CoolDown:
        return self._gate.wait()

    def recording(self) -> AbstractContextManager[Recording]:
        # The native extension, which only measuring needs.
        from pibench.device.recorder import TraceRecorder

        return TraceRecorder(period_ms=self._period_ms, cpus=self._cpus)


def gate_of(protocol: Protocol) -> CoolDownGate:
    """What lets the board cool down to how warm it is now."""
    return CoolDownGate(
        read_temperature_c,
        time.monotonic,
        time.sleep,
        tolerance_c=protocol.cool_down_c,
        limit_s=protocol.cool_down_limit_s,
        pause_s=protocol.pause_s,
    )


@contextmanager
def moved_off(cpus: Collection[int]) -> Iterator[tuple[int, ...]]:
    """This thread, and those it starts, leave the measured cores meanwhile, if others remain.

    Yields the cores where they may run then, nothing for any.
    """
    before = os.sched_getaffinity(0)
    others = before - set(cpus) if cpus else set()
    if not others:
        yield ()
        return
    try:
        os.sched_setaffinity(0, others)
        yield tuple(sorted(others))
    finally:
        os.sched_setaffinity(0, before)
