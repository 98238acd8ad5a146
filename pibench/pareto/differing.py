"""What differs between things that are described alike. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pibench.report.setting import Facts

_DIGITS = 6


class Named(NamedTuple):
    """Something's name, which may not be its own, and the digest of what is in it."""

    name: str
    digest: str


def differing(rows: Sequence[Facts]) -> list[str]:
    """The names of the facts that are not the same in all rows, in their order; one that a row lacks is none."""
    names = dict.fromkeys(name for row in rows for name in row)
    return [name for name in names if len({row[name] for row in rows if name in row}) > 1]


def told_apart(things: Sequence[Named]) -> list[str]:
    """A text for each thing, equal where digests are: its first name, with the digest where another one has it too."""
    names: dict[str, str] = {}
    for name, digest in things:
        names.setdefault(digest, name)
    taken = list(names.values())
    return [names[digest] + (f" #{digest[:_DIGITS]}" if taken.count(names[digest]) > 1 else "") for _, digest in things]
