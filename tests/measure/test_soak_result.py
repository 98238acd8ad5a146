from __future__ import annotations

from boards import PI_3
from msgspec.structs import replace
from soak_world import MINUTE, World, hot_board, taken

from pibench.device import Device
from pibench.measure.endurance import endurance
from pibench.measure.soak import Plan, soak_protocol
from pibench.measure.soak_result import clock_time, soak_result, soak_session
from pibench.report import Condition, Failure, Result, SubjectRecord

SUBJECT = SubjectRecord(name="net", kind="file", digest="ab", macs=1, parameters=1)
PLAN = Plan(10 * MINUTE)


def result_of(world: World, *, device: Device = PI_3, failure: Failure | None = None, flags: bool = True) -> Result:
    measurement = taken(world, PLAN)
    found = endurance(measurement, world.trace(), world.spans() if flags else ())
    protocol = soak_protocol(PLAN, 60, 0)
    return soak_result(SUBJECT, Condition(), protocol, device, measurement, found, failure=failure)


def test_a_steady_soak_has_a_trusted_figure_without_doubts() -> None:
    result = result_of(World())
    assert result.summary is not None
    assert (result.verdict, result.doubts) == ("trusted", ())


def test_throttling_and_slowing_are_told_with_their_times_and_nothing_is_set_aside() -> None:
    result = result_of(hot_board())
    assert [doubt.kind for doubt in result.doubts] == ["throttled", "drift"]
    assert "throttled the clock after 3:00 min, for 7:" in result.doubts[0].message
    assert result.measurements[0].set_aside == ()
    assert result.summary is not None
    assert result.summary.set_aside == 0


def test_slower_without_a_flag_says_so() -> None:
    (doubt,) = result_of(hot_board(), flags=False).doubts
    assert doubt.message.startswith("slower from 3:0")
    assert doubt.message.endswith("by 40%, no flag of the board")


def test_what_disturbs_any_measurement_is_a_doubt_here_too() -> None:
    busy = replace(PI_3, busy_cores=2.0)
    assert [doubt.kind for doubt in result_of(World(), device=busy).doubts] == ["busy_machine"]


def test_a_lost_worker_makes_what_was_measured_untrusted() -> None:
    result = result_of(World(), failure=Failure(kind="crash", message="it crashed"))
    assert result.verdict == "untrusted"
    assert result.doubts[0].kind == "process_lost"
    assert result.failure is not None


def test_without_samples_there_is_the_failure_alone() -> None:
    failure = Failure(kind="crash", message="it crashed")
    result = soak_result(SUBJECT, Condition(), soak_protocol(PLAN, 60, 0), PI_3, None, None, failure=failure)
    assert (result.summary, result.verdict, result.failure) == (None, None, failure)


def test_the_session_has_a_round_for_each_block_and_begins_as_the_board_was() -> None:
    world = World()
    measurement = taken(world, Plan(MINUTE))
    session = soak_session(measurement, PI_3, world.trace(), ())
    assert len(session.rounds) == len(measurement.blocks)
    assert session.cool_down.outcome == "not_asked"
    assert session.cool_down.temperature_c == PI_3.temperature_c
    bare = soak_session(None, replace(PI_3, temperature_c=None), world.trace(), ())
    assert (bare.cool_down.temperature_c, bare.rounds) == (None, ())


def test_times_are_seconds_then_minutes() -> None:
    assert [clock_time(s) for s in (0, 4.24, 59.96, 187, 3600)] == [
        "0.0 s",
        "4.2 s",
        "1:00 min",
        "3:07 min",
        "60:00 min",
    ]
