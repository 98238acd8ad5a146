from __future__ import annotations

import json

from fakes import CONDITION, MET, NO_SENSORS, SUBJECT, measurement

from pibench.device import Channel, Trace
from pibench.report import Result, Session
from pibench.testing.facts import hottest_c, machine_facts


def session(process: int, *temperatures_c: float | None) -> Session:
    channel = Channel(name="zone", quantity="temperature_c", values=temperatures_c)
    clock = Channel(name="cpu0", quantity="frequency_khz", values=(1_000_000,) * len(temperatures_c))
    trace = Trace(period_ms=100, reading_ns=1, start_ns=tuple(range(len(temperatures_c))), channels=(channel, clock))
    return Session(process=process, cool_down=MET, rounds=(), trace=trace, spans=())


def result_in(*processes: int) -> Result:
    measured = tuple(measurement([1], process=process) for process in processes)
    return Result(subject=SUBJECT, condition=CONDITION, measurements=measured)


def test_the_temperature_is_the_hottest_beside_the_results_own_processes() -> None:
    sessions = [session(0, 50.0, None, 52.5), session(1, 51.0), session(2, 80.0)]
    assert hottest_c(result_in(0, 1), sessions) == 52.5


def test_without_a_sensor_there_is_no_temperature() -> None:
    silent = Session(process=0, cool_down=MET, rounds=(), trace=NO_SENSORS, spans=())
    assert hottest_c(result_in(0), [silent, session(0, None)]) is None


def test_the_machines_facts_are_the_same_each_time_and_can_be_stored() -> None:
    facts = machine_facts()
    assert facts == machine_facts()
    assert json.loads(json.dumps(facts)) == facts
    assert "runtimes" in facts
    assert not {"temperature_c", "frequency_khz", "busy_cores", "load_average_1m"} & set(facts)
