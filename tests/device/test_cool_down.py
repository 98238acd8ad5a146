from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from pibench.device import CoolDown
from pibench.device.cool_down import CoolDownGate


class Board:
    """A board whose temperature follows a script of time; its clock moves when somebody sleeps."""

    def __init__(self, temperature_c: Callable[[float], float | None], slowness: float = 1.0) -> None:
        self.now_s = 1000.0
        self.sleeps: list[float] = []
        self._slowness = slowness
        self._temperature_c = temperature_c

    def temperature_c(self) -> float | None:
        return self._temperature_c(self.now_s - 1000.0)

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.sleeps.append(seconds)
        self.now_s += seconds * self._slowness


def gate(
    start_c: float | None,
    then: Callable[[float], float | None],
    *,
    tolerance_c: float = 3.0,
    limit_s: float = 60.0,
    pause_s: float = 10.0,
    slowness: float = 1.0,
) -> tuple[CoolDownGate, Board]:
    """A gate made at ``start_c``, of a board that then follows the script from the wait's begin."""
    board = Board(lambda _: start_c, slowness)
    made = CoolDownGate(
        board.temperature_c,
        lambda: board.now_s,
        board.sleep,
        tolerance_c=tolerance_c,
        limit_s=limit_s,
        pause_s=pause_s,
    )
    board._temperature_c = then
    return made, board


def test_a_board_that_is_still_cool_does_not_wait() -> None:
    made, board = gate(50.0, lambda _: 53.0)
    assert made.wait() == CoolDown(outcome="met", waited_s=0, target_c=53, temperature_c=53)
    assert not board.sleeps


def test_a_colder_board_than_at_the_start_does_not_wait() -> None:
    assert gate(50.0, lambda _: 41.0)[0].wait().outcome == "met"


def test_a_hot_board_waits_until_it_is_within_the_tolerance() -> None:
    made, _ = gate(50.0, lambda s: 70 - s)
    assert made.wait() == CoolDown(outcome="met", waited_s=17, target_c=53, temperature_c=53)


@pytest.mark.parametrize(("tolerance_c", "waited_s"), [(0.0, 20.0), (10.0, 10.0)])
def test_the_tolerance_is_taken_as_told(tolerance_c: float, waited_s: float) -> None:
    assert gate(50.0, lambda s: 70 - s, tolerance_c=tolerance_c)[0].wait().waited_s == waited_s


def test_a_board_that_stays_hot_is_given_up_at_the_limit() -> None:
    made, board = gate(50.0, lambda _: 70.0, limit_s=7.2)
    result = made.wait()
    assert (result.outcome, result.target_c, result.temperature_c) == ("not_met", 53, 70)
    assert result.waited_s == pytest.approx(7.2)
    assert sum(board.sleeps) == pytest.approx(7.2)


def test_a_board_that_gets_hotter_while_it_waits_is_given_up_too() -> None:
    assert gate(50.0, lambda s: 60 + s)[0].wait().outcome == "not_met"


def test_the_limit_counts_the_clock_and_not_the_sleeps() -> None:
    made, board = gate(50.0, lambda _: 70.0, limit_s=60.0, slowness=30.0)
    assert made.wait().waited_s == 60.0
    assert sum(board.sleeps) == 2.0


def test_without_a_limit_the_pause_is_made_whatever_the_sensor_tells() -> None:
    for reading_c in (20.0, 70.0):
        made, board = gate(50.0, lambda _, c=reading_c: c, limit_s=0.0)
        assert made.wait() == CoolDown(outcome="not_asked", waited_s=10, temperature_c=reading_c)
        assert sum(board.sleeps) == 10


def test_a_temperature_reached_at_the_limit_is_met() -> None:
    assert gate(50.0, lambda s: 70 - s, limit_s=17.0)[0].wait().outcome == "met"


@pytest.mark.parametrize("nothing", [None, math.nan, math.inf, -math.inf])
def test_without_a_sensor_there_is_a_fixed_pause(nothing: float | None) -> None:
    made, board = gate(nothing, lambda _: nothing)
    assert made.wait() == CoolDown(outcome="no_sensor", waited_s=10)
    assert sum(board.sleeps) == 10


def test_a_pause_of_nothing_returns_at_once() -> None:
    made, board = gate(None, lambda _: None, pause_s=0)
    assert made.wait() == CoolDown(outcome="no_sensor", waited_s=0)
    assert not board.sleeps


def test_a_sensor_that_was_not_there_at_the_start_has_no_target() -> None:
    assert gate(None, lambda _: 40.0)[0].wait() == CoolDown(outcome="no_sensor", waited_s=10)


@pytest.mark.parametrize("silence", [None, math.nan])
def test_a_sensor_that_vanishes_leaves_the_rest_of_the_pause(silence: float | None) -> None:
    made, _ = gate(50.0, lambda s: 70.0 if s < 4 else silence)
    assert made.wait() == CoolDown(outcome="no_sensor", waited_s=10, target_c=53)


def test_a_sensor_that_vanishes_after_the_pause_ends_the_wait() -> None:
    made, _ = gate(50.0, lambda s: 70.0 if s < 20 else None)
    assert made.wait() == CoolDown(outcome="no_sensor", waited_s=20, target_c=53)


def test_a_sensor_that_comes_back_within_the_pause_is_heard() -> None:
    made, _ = gate(50.0, lambda s: None if 2 <= s < 5 else 70 - s)
    assert made.wait() == CoolDown(outcome="met", waited_s=17, target_c=53, temperature_c=53)


def test_each_wait_has_the_whole_limit_and_the_same_target() -> None:
    made, _ = gate(50.0, lambda _: 70.0, limit_s=5.0)
    first, second = made.wait(), made.wait()
    assert first == second
    assert (first.outcome, first.waited_s) == ("not_met", 5.0)


def test_the_real_clock_and_sensor_are_the_default() -> None:
    assert CoolDownGate(limit_s=0.01).wait().outcome in ("met", "not_met", "no_sensor")
