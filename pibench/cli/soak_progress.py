"""A soak's progress on stderr: time left, and latency, temperature and clock now."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from pibench.cli.progress import start, stop
from pibench.device import Trace
from pibench.measure.soak import Moment
from pibench.measure.windows import highest, last_known
from pibench.words.numbers import duration, gigahertz

# The whole trace is read to show its end: not for every block.
_BETWEEN_READINGS_S = 2.0
_SECOND_NS = 1e9


class SoakProgress:
    """Use it as a context manager; on something that is no terminal it shows nothing and reads no trace."""

    def __init__(
        self,
        duration_ns: int,
        trace: Callable[[], Trace],
        console: Console | None = None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._duration_ns = duration_ns
        self._trace = trace
        self._now_s = now_s
        self._read_at_s = -math.inf
        self._board = ""
        self._bar = Progress(
            BarColumn(bar_width=24),
            TextColumn("{task.description}", markup=False),
            console=console or Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task("starting", total=duration_ns)

    def show(self, moment: Moment) -> None:
        """So far it has come."""
        if not self._bar.console.is_terminal:
            return
        if self._now_s() - self._read_at_s >= _BETWEEN_READINGS_S:
            self._read_at_s = self._now_s()
            self._board = board_now(self._trace())
        text = f"{left(self._duration_ns - moment.elapsed_ns)} left  {duration(moment.latency_ns)}{self._board}"
        self._bar.update(self._task, description=text, completed=moment.elapsed_ns)

    def __enter__(self) -> SoakProgress:
        start(self._bar)
        return self

    def __exit__(self, *_: object) -> None:
        stop(self._bar)


def left(remaining_ns: float) -> str:
    """Minutes and seconds, rounded up."""
    seconds = max(0, -int(-remaining_ns // _SECOND_NS))
    return f"{seconds // 60}:{seconds % 60:02d}"


def board_now(trace: Trace) -> str:
    """The latest temperature and clock, as far as sensors told."""
    temperature_c = last_known(highest(trace, "temperature_c"))
    frequency_khz = last_known(highest(trace, "frequency_khz"))
    return ("" if temperature_c is None else f"  {temperature_c:.0f} °C") + (
        "" if frequency_khz is None else f"  {gigahertz(frequency_khz)}"
    )
