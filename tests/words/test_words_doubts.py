from __future__ import annotations

import pytest
from saved_reports import net, untrusted
from timed_results import timed

from pibench.report import Doubt, Failure, Result, SubjectRecord
from pibench.words.doubts import Doubted, once_each, reasons_of, told
from pibench.words.results import notes, reasons

THROTTLED = Doubt(kind="throttled", message="cool it", grave=True)
TAIL = Doubt(kind="heavy_tail", message="interruptions")
GROUPED = Doubt(kind="grouped", message="of means")


def failed(name: str, kind: str, *doubts: Doubt) -> Result:
    failure = Failure(kind=kind, message="why")  # type: ignore[arg-type]
    return Result(
        subject=SubjectRecord(name=name, kind="file"), condition=net(1e6).condition, doubts=doubts, failure=failure
    )


@pytest.mark.parametrize(
    ("doubts", "text"),
    [
        ((), "slower"),
        ((THROTTLED,), "slower: throttled"),
        ((TAIL, GROUPED), "slower; heavy tail, grouped"),
        ((TAIL, THROTTLED), "slower: throttled; heavy tail"),
    ],
)
def test_a_verdict_stands_before_what_makes_it_so_and_what_else_is_to_be_known(
    doubts: tuple[Doubt, ...], text: str
) -> None:
    assert str(reasons_of("slower", doubts)) == text


def test_without_a_figure_the_kind_of_failure_stands_for_the_verdict() -> None:
    assert str(reasons(failed("a", "invalid_model", TAIL))) == "invalid model"


def test_a_line_tells_whether_its_doubt_is_grave() -> None:
    assert [told(THROTTLED), told(TAIL)] == ["  untrusted, throttled: cool it", "  heavy tail: interruptions"]


def test_a_kind_is_told_once_with_how_many_rows_have_it() -> None:
    rows = [Doubted("a", ()), Doubted("b", (TAIL, THROTTLED)), Doubted("c", (TAIL,))]
    assert once_each(rows) == [
        "heavy tail (2 of 3 rows; the first: b): interruptions",
        "throttled (1 of 3 rows; the first: b): cool it",
    ]


def test_a_row_that_has_a_kind_twice_counts_once() -> None:
    assert once_each([Doubted("a", (TAIL, TAIL)), Doubted("b", ())])[0].startswith("heavy tail (1 of 2 rows")


def test_of_a_single_row_only_the_doubt_is_told() -> None:
    assert once_each([Doubted("a", (TAIL,))]) == ["heavy tail: interruptions"]


def test_rows_without_a_figure_count_among_those_that_have_a_doubt_and_among_all() -> None:
    preempted = Doubt(kind="preempted", message="stop it", grave=True)
    results = [
        *(untrusted(net(1e6, name)) for name in "ab"),
        *(failed(name, "throttled", preempted) for name in "cd"),
    ]
    assert notes(results) == ["preempted (4 of 4 rows; the first: a): why"]
    assert notes([untrusted(net(1e6, "a")), timed("b", [])]) == ["preempted (1 of 2 rows; the first: a): why"]
