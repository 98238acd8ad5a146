"""What a page says first: what is to be trusted, what not, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from pibench.html.selection import Names
from pibench.html.view import Fact
from pibench.report import Doubt, Report, Result
from pibench.words.doubts import plain
from pibench.words.results import never_ran, notes, reasons, run_notes

_MOST_SHOWN = 5
_MARKS = {"trusted": "✓", "untrusted": "!", "failed": "×", "unmeasured": "–"}
_WORDS = {"unmeasured": "not measured"}


class Tile(NamedTuple):
    """How many rows there are of a status."""

    status: str
    word: str
    mark: str
    rows: int


class Blamed(NamedTuple):
    """A row that is not trusted, with each reason; ``detail``: what the runtime printed."""

    status: str
    name: str
    condition: str
    reasons: Sequence[Fact]
    detail: str = ""


class Verdicts(NamedTuple):
    """``folded``: rows beyond those that are shown at once."""

    tiles: Sequence[Tile]
    sentence: str
    shown: Sequence[Blamed]
    folded: Sequence[Blamed]
    notes: Sequence[str]


def status_of(result: Result) -> str:
    """One of the statuses that a page has a colour and a sign for."""
    if result.summary is not None:
        return result.verdict or "untrusted"
    return "failed" if result.failure else "unmeasured"


def status_in_words(result: Result) -> str:
    """The last cell of a result's row."""
    return f"{_MARKS[status_of(result)]} {reasons(result)}"


def verdicts(report: Report, results: Sequence[Result], names: Names) -> Verdicts:
    """Of the results shown, and of the profile where there is one."""
    statuses = [status_of(result) for result in results]
    tiles = [
        Tile(status, _WORDS.get(status, status), mark, statuses.count(status))
        for status, mark in _MARKS.items()
        if status != "unmeasured" or status in statuses
    ]
    rows = [row for result in results for row in _blamed(result, names)]
    # What failed comes first: the others have figures at least.
    blamed = [*_blamed_profile(report), *sorted(rows, key=lambda row: row.status != "failed")]
    return Verdicts(
        tiles,
        _sentence(statuses, blamed),
        blamed[:_MOST_SHOWN],
        blamed[_MOST_SHOWN:],
        [*notes([_without_grave(result) for result in results]), *_notes_of_profile(report), *run_notes(report)],
    )


def _sentence(statuses: Sequence[str], blamed: Sequence[Blamed]) -> str:
    if not statuses:
        return "The report has no results."
    if "trusted" not in statuses and "untrusted" not in statuses:
        return "There is no figure in this report."
    if not blamed:
        return "Every figure is trusted." if len(statuses) > 1 else "The figure is trusted."
    return ""


def _blamed(result: Result, names: Names) -> Iterator[Blamed]:
    status = status_of(result)
    condition = "" if never_ran(result) else names.condition(result)
    if result.failure and status == "failed":
        reason = Fact(plain(result.failure.kind), result.failure.message)
        yield Blamed(status, result.subject.name, condition, [reason], result.failure.detail)
    elif status == "untrusted":
        yield Blamed(status, result.subject.name, condition, _facts(result.doubts))


def _blamed_profile(report: Report) -> Iterator[Blamed]:
    if report.profile and report.profile.verdict == "untrusted":
        yield Blamed("untrusted", "The profile", "", _facts(_own_doubts(report)) or _facts(report.profile.doubts))


def _own_doubts(report: Report) -> list[Doubt]:
    """Of the profile: those that its network's row does not say as well."""
    said = {doubt.message for result in report.results[:1] for doubt in result.doubts}
    return [doubt for doubt in report.profile.doubts if doubt.message not in said] if report.profile else []


def _facts(doubts: Sequence[Doubt]) -> list[Fact]:
    return [Fact(plain(doubt.kind), doubt.message) for doubt in doubts if doubt.grave]


def _without_grave(result: Result) -> Result:
    """What makes a row untrusted is said at the row."""
    return replace(result, doubts=tuple(doubt for doubt in result.doubts if not doubt.grave))


def _notes_of_profile(report: Report) -> Iterator[str]:
    for doubt in _own_doubts(report):
        if not doubt.grave:
            yield f"{plain(doubt.kind)}, of the profile: {doubt.message}"
