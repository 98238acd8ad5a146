"""Error against latency in files: a page, a picture, a table, rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pibench.exports.outputs import check_output, write_output
from pibench.exports.pareto_rows import rows
from pibench.pareto import Pareto
from pibench.tabular import SUFFIXES as TABULAR
from pibench.tabular import check_format, encoded
from pibench.words import thesis
from pibench.words.markup import line, text
from pibench.words.pareto import cells, columns, explanation, notes, sentence, spread_text, words_at

PICTURES = (".png", ".svg")
SUFFIXES = (".html", *PICTURES, ".md", *TABULAR)


def check(path: Path) -> None:
    """Refuses what could not be written, before anything is.

    Raises ExportError, or ReportError where what draws is missing.
    """
    check_output(path, SUFFIXES, "front")
    suffix = path.suffix.lower()
    if suffix in TABULAR:
        check_format(suffix)
    elif suffix != ".md":
        from pibench.html.frame import require

        require()


def export_pareto(found: Pareto, path: Path, command: Sequence[str]) -> None:
    """Write it in the form that the file's name asks for. Raises what ``check`` does."""
    check(path)
    write_output(_data(found, path, command), path, "front")


def _data(found: Pareto, path: Path, command: Sequence[str]) -> bytes:
    if path.suffix.lower() in TABULAR:
        return encoded(rows(found), path)
    if path.suffix.lower() == ".md":
        return (markdown(found) + "\n").encode()
    if path.suffix.lower() == ".html":
        from pibench.html.pareto_page import pareto_page

        return pareto_page(found, command).encode()
    from pibench.html.pareto_picture import picture

    return picture(found, path.suffix.lower())


def markdown(found: Pareto) -> str:
    """A table for each front, what it says, and the reference."""
    return "\n".join(_lines(found))


def _lines(found: Pareto) -> Iterator[str]:
    for front in found.fronts:
        names, words = columns(front), words_at(front)
        yield from (f"**{text(str(front.setting))}**: {sentence(front)}", "")
        yield from _head(names, words)
        for number, one in enumerate(front.placed, 1):
            yield line([text(cell) for cell in cells(front, number, one)])
        yield from ("", text(spread_text(front)), "")
    yield from (text(f"Images: {found.images}. {explanation()}"), "")
    for note in notes(found):
        yield f"- {text(note)}"
    if found.thesis:
        yield from ("", text(thesis.explanation()), "")
        yield from _head(thesis.COLUMNS, frozenset({0}))
        for row in found.thesis:
            yield line([text(cell) for cell in thesis.cells(row)])


def _head(names: Sequence[str], words: frozenset[int]) -> Iterator[str]:
    yield line([text(name) for name in names])
    yield line(["---" if index in words else "---:" for index in range(len(names))])
