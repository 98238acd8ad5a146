"""Doubts about a figure of any kind, as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol


class Doubtful(Protocol):
    """A doubt about a figure of any kind."""

    @property
    def kind(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def grave(self) -> bool: ...


class Reasons(NamedTuple):
    """A verdict, what makes it so, and what else is to be known."""

    verdict: str
    grave: str = ""
    other: str = ""

    def __str__(self) -> str:
        return self.verdict + (f": {self.grave}" if self.grave else "") + (f"; {self.other}" if self.other else "")


class Doubted(NamedTuple):
    """A row of a table, by its name, and the doubts about it."""

    name: str
    doubts: Sequence[Doubtful]


def plain(kind: str) -> str:
    """A kind of doubt, failure or anything else as words."""
    return kind.replace("_", " ")


def told(doubt: Doubtful) -> str:
    """A doubt as a line below a figure."""
    return f"  {'untrusted, ' if doubt.grave else ''}{plain(doubt.kind)}: {doubt.message}"


def grave_kinds(doubts: Iterable[Doubtful]) -> str:
    """What makes a figure untrusted, in a word each."""
    return ", ".join(plain(doubt.kind) for doubt in doubts if doubt.grave)


def reasons_of(verdict: str, doubts: Sequence[Doubtful]) -> Reasons:
    """A verdict with the kinds of its doubts."""
    return Reasons(verdict, grave_kinds(doubts), ", ".join(plain(doubt.kind) for doubt in doubts if not doubt.grave))


def once_each(rows: Sequence[Doubted]) -> list[str]:
    """Each kind of doubt once, in the words of the first row that has it."""
    first: dict[str, tuple[str, str]] = {}
    for row in rows:
        for doubt in row.doubts:
            first.setdefault(doubt.kind, (row.name, doubt.message))
    return [f"{plain(kind)}{_where(kind, name, rows)}: {message}" for kind, (name, message) in first.items()]


def _where(kind: str, first: str, rows: Sequence[Doubted]) -> str:
    if len(rows) == 1:
        return ""
    concerned = sum(any(doubt.kind == kind for doubt in row.doubts) for row in rows)
    return f" ({concerned} of {len(rows)} rows; the first: {first})"
