"""What a page is made of, apart from how it looks. Texts are plain; the template escapes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Chart(NamedTuple):
    """A drawing: a name of its own within the page, a Vega-Lite specification, and what it shows in words."""

    name: str
    spec: Mapping[str, Any]
    description: str


class Figure(NamedTuple):
    """Charts that are read together, one below the other."""

    charts: Sequence[Chart]
    title: str = ""
    caption: str = ""


class Row(NamedTuple):
    """Cells of a table; ``status``: what colours the last one, if anything."""

    cells: Sequence[str]
    status: str = ""


class Table(NamedTuple):
    """``words``: the columns of words, which are set to the left; numbers are set to the right."""

    headers: Sequence[str]
    rows: Sequence[Row]
    words: frozenset[int]
    footer: Sequence[str] = ()


class Fact(NamedTuple):
    """Something with its name."""

    name: str
    text: str


class Section(NamedTuple):
    """A part of a page under a heading of its own.

    ``columns``: figures may stand side by side; ``long_facts``: facts are sentences.
    """

    name: str
    title: str
    text: Sequence[str] = ()
    figures: Sequence[Figure] = ()
    facts: Sequence[Fact] = ()
    table: Table | None = None
    columns: bool = False
    long_facts: bool = False
