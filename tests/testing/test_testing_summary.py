from __future__ import annotations

import re

import pytest
from fakes import CONDITION, DEVICE, SUBJECT
from msgspec.structs import replace
from timed_results import timed

from pibench.measure.doubts import doubts_about
from pibench.measure.protocols import PROTOCOLS
from pibench.measure.summary import summarise
from pibench.report import Doubt, Result, WarmUp
from pibench.testing.summary import Note, summary_lines


def note(test: str, *doubts: Doubt, sentences: tuple[str, ...] = ()) -> Note:
    verdict = "untrusted" if any(doubt.grave for doubt in doubts) else "trusted"
    return Note(test, Result(subject=SUBJECT, condition=CONDITION, verdict=verdict, doubts=doubts), sentences)


def busy(cores: float) -> Doubt:
    return Doubt(kind="busy_machine", message=f"{cores} cores were busy", grave=True)


def test_trusted_figures_are_not_mentioned() -> None:
    assert summary_lines([note("a"), note("b", Doubt(kind="grouped", message="short"))]) == []


def test_each_untrusted_test_is_named_and_each_kind_of_reason_told_once() -> None:
    throttled = Doubt(kind="throttled", message="hot", grave=True)
    lines = summary_lines([note("a", busy(1)), note("b", throttled, busy(2)), note("c")])
    assert lines == [
        "untrusted: a: busy machine",
        "untrusted: b: throttled, busy machine",
        "  busy machine, at first: 1 cores were busy",
        "  throttled, at first: hot",
    ]


@pytest.mark.parametrize(("quick", "advice"), [(True, ": measure without --pibench-quick"), (False, "")])
def test_no_reason_advises_what_is_no_option_of_pytest(quick: bool, advice: str) -> None:
    """Of real doubts, as they are worded for the command line."""
    restless = WarmUp(invocations=2, group=1, duration_ns=(1, 1), settling="drifting")
    taken = tuple(
        replace(one, warm_up=restless) for one in timed("net", [[1_000_000], [2_000_000], [3_000_000]]).measurements
    )
    summary = summarise(taken)
    assert summary is not None
    doubts = doubts_about(SUBJECT, CONDITION, taken, summary, DEVICE, PROTOCOLS["quick"])
    assert {"wide_interval", "did_not_settle"} <= {doubt.kind for doubt in doubts}
    assert sum("--" in doubt.message for doubt in doubts if doubt.grave) == 2
    told = "\n".join(summary_lines([note("a", *doubts)], quick=quick))
    assert "--" not in told.replace("--pibench-quick", "")
    assert re.search(rf"wide interval, at first: the 95 % interval is ±\d+\.\d%{advice}$", told, re.M)
    assert re.search(r"did not settle, at first: .* within the warm-up$", told, re.M)


def test_what_else_a_reader_should_know_is_told_of_trusted_ones_too() -> None:
    assert summary_lines([note("a", sentences=("sampled apart",))]) == ["a: sampled apart"]
