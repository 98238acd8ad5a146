from __future__ import annotations

import io

from rich.console import Console
from soak_world import MINUTE, MS, SECOND, World

from pibench.cli.soak_progress import SoakProgress, board_now, left
from pibench.device import Trace
from pibench.measure.soak import Moment


class Watched:
    """Counts how often the trace was read."""

    def __init__(self) -> None:
        self.world = World()
        self.world.now += 10 * SECOND
        self.readings = 0

    def so_far(self) -> Trace:
        self.readings += 1
        return self.world.trace()


def test_a_terminal_shows_time_left_latency_temperature_and_clock() -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100)
    with SoakProgress(10 * MINUTE, Watched().so_far, console) as progress:
        progress.show(Moment(3 * MINUTE, 4.2 * MS))
    assert "7:00 left  4.2 ms  50 °C  1.40 GHz" in screen.getvalue()


def test_the_trace_is_read_every_two_seconds_at_the_most() -> None:
    watched, now = Watched(), [0.0]
    console = Console(file=io.StringIO(), force_terminal=True)
    with SoakProgress(MINUTE, watched.so_far, console, lambda: now[0]) as progress:
        for _ in range(10):
            progress.show(Moment(SECOND, MS))
            now[0] += 0.5
    assert watched.readings == 3


def test_without_a_terminal_nothing_is_shown_or_read() -> None:
    watched, screen = Watched(), io.StringIO()
    with SoakProgress(MINUTE, watched.so_far, Console(file=screen)) as progress:
        progress.show(Moment(SECOND, MS))
    assert (screen.getvalue(), watched.readings) == ("", 0)


def test_what_no_sensor_tells_is_not_shown() -> None:
    assert board_now(Trace(period_ms=100, reading_ns=None, start_ns=(), channels=())) == ""


def test_time_left_is_rounded_up_and_never_negative() -> None:
    assert [left(seconds * SECOND) for seconds in (0.2, 61, -1)] == ["0:01", "1:01", "0:00"]
