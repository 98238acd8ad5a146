from __future__ import annotations

import pytest
from boards import PI_3
from fake_roof import AVAILABLE_BYTES, CACHES, HELD_BACK, FakeRoofWorker
from fakes import NO_SENSORS, FakeBoard

from pibench.cli import profile_ways
from pibench.device import Trace
from pibench.report import Condition, Protocol
from pibench.roofline import measure


@pytest.mark.parametrize(("trace", "problem"), [(NO_SENSORS, ""), (HELD_BACK, "the board was held back")])
def test_a_board_that_was_held_back_while_its_roof_was_measured_is_told(
    trace: Trace, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profile_ways, "Worker", lambda timeout_s: FakeRoofWorker())
    monkeypatch.setattr(profile_ways, "ThisBoard", lambda protocol, cpus: FakeBoard(trace=trace))
    monkeypatch.setattr(measure, "read_caches", lambda: CACHES)
    monkeypatch.setattr(measure, "available_memory_bytes", lambda: AVAILABLE_BYTES)
    record, told = profile_ways.roof_of(Condition(), Protocol(), PI_3)
    assert record is not None
    assert told.partition(" meanwhile")[0] == problem
