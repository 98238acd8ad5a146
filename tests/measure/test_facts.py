from __future__ import annotations

import json

from fakes import MET, NO_SENSORS

from pibench.device import Channel, Trace
from pibench.measure.facts import hottest_c, machine_facts
from pibench.report import Session


def session(results: tuple[int, ...], *temperatures_c: float | None) -> Session:
    channel = Channel(name="zone", quantity="temperature_c", values=temperatures_c)
    clock = Channel(name="cpu0", quantity="frequency_khz", values=(1_000_000,) * len(temperatures_c))
    trace = Trace(period_ms=100, reading_ns=1, start_ns=tuple(range(len(temperatures_c))), channels=(channel, clock))
    # Of one process: where each network has a process for itself, several sessions have one number.
    return Session(process=0, cool_down=MET, rounds=(results,), trace=trace, spans=())


def test_the_temperature_is_the_hottest_beside_what_sampled_the_result() -> None:
    sessions = [session((0, 1), 50.0, None, 52.5), session((1, 0), 51.0), session((2,), 80.0)]
    assert hottest_c(1, sessions) == 52.5
    assert hottest_c(2, sessions) == 80.0


def test_without_a_sensor_there_is_no_temperature() -> None:
    silent = Session(process=0, cool_down=MET, rounds=((0,),), trace=NO_SENSORS, spans=())
    assert hottest_c(0, [silent, session((0,), None)]) is None


def test_the_machines_facts_are_the_same_each_time_and_can_be_stored() -> None:
    facts = machine_facts()
    assert facts == machine_facts()
    assert json.loads(json.dumps(facts)) == facts
    assert "runtimes" in facts
    assert not {"temperature_c", "frequency_khz", "busy_cores", "load_average_1m"} & set(facts)
