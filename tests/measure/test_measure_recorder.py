"""What becomes of a report file, and of what was there before."""

from __future__ import annotations

from pathlib import Path

import pytest
from boards import PI_3
from fakes import CONDITION, SUBJECT
from timed_results import timed

from pibench.measure.recorder import Recorder
from pibench.report import Protocol, Result, load
from pibench.worker.protocol import Clock

UNMEASURED = Result(subject=SUBJECT, condition=CONDITION)
MEASURED = timed("net", [[10]])


def recorder(path: Path) -> Recorder:
    return Recorder(path, ("pibench",), PI_3, Clock(20, 30.0, 60.0), Protocol())


@pytest.fixture
def older(tmp_path: Path) -> Path:
    path = tmp_path / "r.json"
    recorder(path).finish([MEASURED], [], complete=True)
    return path


def test_a_run_that_measured_nothing_leaves_an_older_one_alone_and_says_so(older: Path) -> None:
    before = older.read_bytes()
    later = recorder(older)
    later.results_changed(lambda: [UNMEASURED], [])
    later.finish([UNMEASURED], [], complete=True)
    assert older.read_bytes() == before
    assert later.withheld == f"no report in {older}: nothing was measured; it holds an older run"


def test_a_run_that_measured_something_takes_the_place_of_an_older_one(older: Path) -> None:
    later = recorder(older)
    later.finish([MEASURED, UNMEASURED], [], complete=True)
    assert len(load(older).results) == 2
    assert not later.withheld


def test_a_run_that_measured_nothing_is_kept_where_nothing_was(tmp_path: Path) -> None:
    """And its last state is, too: what the file holds by then is its own."""
    path = tmp_path / "r.json"
    made = recorder(path)
    made.results_changed(lambda: [UNMEASURED], [])
    made.finish([UNMEASURED], [], complete=True)
    assert load(path).complete
    assert not made.withheld
