from __future__ import annotations

import os

import pytest

from pibench.measure.board import ThisBoard, gate_of, moved_off
from pibench.report import Protocol

ALLOWED = sorted(os.sched_getaffinity(0))


def test_this_process_leaves_the_measured_cores_and_comes_back() -> None:
    if len(ALLOWED) < 2:
        pytest.skip("needs two cores")
    with moved_off([ALLOWED[0]]) as others:
        assert others == tuple(ALLOWED[1:])
        assert sorted(os.sched_getaffinity(0)) == ALLOWED[1:]
    assert sorted(os.sched_getaffinity(0)) == ALLOWED


def test_it_comes_back_also_from_an_error() -> None:
    with pytest.raises(KeyboardInterrupt), moved_off(ALLOWED[:1]):
        raise KeyboardInterrupt
    assert sorted(os.sched_getaffinity(0)) == ALLOWED


@pytest.mark.parametrize("cpus", [[], ALLOWED])
def test_without_other_cores_it_stays(cpus: list[int]) -> None:
    with moved_off(cpus) as others:
        assert others == ()
        assert sorted(os.sched_getaffinity(0)) == ALLOWED


def test_this_board_cools_down_and_is_recorded() -> None:
    board = ThisBoard(Protocol(pause_s=0.001, cool_down_limit_s=0.01), ALLOWED)
    assert board.cool_down().outcome in ("met", "not_met", "no_sensor")
    with board.recording() as recording:
        trace = recording.stop()
    assert trace.period_ms == 100
    assert (trace.reading_ns is None) == (not trace.channels)


def test_boards_that_share_a_gate_cool_down_to_the_begin_of_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    temperature_c = [40.0]
    monkeypatch.setattr("pibench.measure.board.read_temperature_c", lambda: temperature_c[0])
    protocol = Protocol(cool_down_c=3, cool_down_limit_s=0.01)
    gate = gate_of(protocol)
    temperature_c[0] = 60.0
    assert ThisBoard(protocol, (), gate).cool_down().outcome == "not_met"
    assert ThisBoard(protocol, ()).cool_down().outcome == "met"
