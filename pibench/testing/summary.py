"""What is told below pytest-benchmark's tables: figures not to be trusted, and what else a reader should know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pibench.report import Doubt, Result

# What follows is advice for the command line, whose options pytest lacks.
ADVICE = ": give it "


class Note(NamedTuple):
    """Of one test: its result, and sentences beside the result's own doubts."""

    test: str
    result: Result
    sentences: Sequence[str]


def summary_lines(notes: Sequence[Note], *, quick: bool = False) -> list[str]:
    """Untrusted figures with their reasons, each kind of reason told once; then what else there is to say.

    ``quick``: they were measured with the quick protocol, and the standard one samples more.
    """
    return [*_untrusted(notes, quick=quick), *_others(notes)]


def _untrusted(notes: Sequence[Note], *, quick: bool) -> Iterator[str]:
    sentences: dict[str, str] = {}
    for note in notes:
        if note.result.verdict == "untrusted":
            grave = {_plain(doubt.kind): _reason(doubt, quick=quick) for doubt in note.result.doubts if doubt.grave}
            yield f"untrusted: {note.test}: {', '.join(grave)}"
            sentences |= {kind: message for kind, message in grave.items() if kind not in sentences}
    yield from (f"  {kind}, at first: {sentence}" for kind, sentence in sentences.items())


def _others(notes: Sequence[Note]) -> Iterator[str]:
    for note in notes:
        yield from (f"{note.test}: {sentence}" for sentence in note.sentences)


def _reason(doubt: Doubt, *, quick: bool) -> str:
    what = doubt.message.partition(ADVICE)[0]
    return f"{what}: measure without --pibench-quick" if quick and doubt.kind == "wide_interval" else what


def _plain(kind: str) -> str:
    return kind.replace("_", " ")
