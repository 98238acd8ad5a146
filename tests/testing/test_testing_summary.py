from __future__ import annotations

from fakes import CONDITION, SUBJECT

from pibench.report import Doubt, Result
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


def test_what_else_a_reader_should_know_is_told_of_trusted_ones_too() -> None:
    assert summary_lines([note("a", sentences=("sampled apart",))]) == ["a: sampled apart"]
