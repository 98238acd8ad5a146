"""Error against latency in files: a page, a picture, a table, rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pibench.exports.outputs import check_output, write_output
from pibench.pareto import Pareto
from pibench.report.model import cpus_in_words
from pibench.tabular import SUFFIXES as TABULAR
from pibench.tabular import Row, encoded
from pibench.thesis import Row as ThesisRow
from pibench.words.markup import line, text
from pibench.words.pareto import (
    THESIS_COLUMNS,
    cells,
    columns,
    explanation,
    notes,
    sentence,
    spread_text,
    thesis_cells,
    thesis_note,
    title,
    words_at,
)

PICTURES = (".png", ".svg")
SUFFIXES = (".html", *PICTURES, ".md", *TABULAR)


def check(path: Path) -> None:
    """Refuses what could not be written, before anything is. Raises ExportError."""
    check_output(path, SUFFIXES, "front")


def export_pareto(found: Pareto, path: Path, thesis: Sequence[ThesisRow], command: Sequence[str]) -> None:
    """Write it in the form that the file's name asks for.

    Raises ExportError, or ReportError where what draws is missing.
    """
    check(path)
    data = _data(found, path, thesis, command)
    write_output(data, path, "front")


def _data(found: Pareto, path: Path, thesis: Sequence[ThesisRow], command: Sequence[str]) -> bytes:
    if path.suffix.lower() in TABULAR:
        own = list(rows(found))
        return encoded([*own, *(_thesis_row(row, tuple(own[0])) for row in thesis)], path)
    if path.suffix.lower() == ".md":
        return (markdown(found, thesis) + "\n").encode()
    from pibench.html.frame import require

    require()
    if path.suffix.lower() == ".html":
        from pibench.html.pareto_page import pareto_page

        return pareto_page(found, thesis, command).encode()
    from pibench.html.pareto_picture import picture

    return picture(found, thesis, path.suffix.lower())


def rows(found: Pareto) -> Iterator[Row]:
    """One for each point, units in the names."""
    for front in found.fronts:
        setting, condition = front.setting, front.setting.condition
        for one in front.placed:
            point, error, latency = one.point, one.point.error, one.point.latency
            yield {
                "network": point.network,
                "recipe": point.recipe,
                "error_percent": 100 * error.mean,
                "error_sd_percent": None if error.sd is None else 100 * error.sd,
                "runs": error.runs,
                "error_source": error.source,
                "images": error.images,
                "latency_ms": latency.ns / 1e6,
                "latency_low_ms": latency.low_ns / 1e6,
                "latency_high_ms": latency.high_ns / 1e6,
                "processes": latency.processes,
                "latency_trusted": not latency.untrusted,
                "dominated_probability": one.dominated,
                "standing": one.standing,
                "dominated_by": one.by or None,
                "parameters": point.parameters,
                "macs": point.macs,
                "device": setting.device,
                "system": setting.system,
                "runtime": condition.runtime,
                "runtime_version": setting.runtime_version,
                "threads": condition.threads,
                "kernels": condition.kernels,
                "cpus": cpus_in_words(condition.cpus),
                "report": latency.report,
            }


def _thesis_row(row: ThesisRow, names: Sequence[str]) -> Row:
    known: Row = {
        "network": row.spec,
        "recipe": "thesis, distilled" if row.distilled else "thesis",
        "error_percent": row.error_percent,
        "error_sd_percent": row.error_sd_percent,
        "runs": len(row.accuracies),
        "error_source": "test",
        "latency_ms": row.latency_ms,
        "standing": "reference",
        "parameters": row.parameters,
        "macs": row.macs,
        "device": "Raspberry Pi 3B",
        "runtime": "tflite",
        "runtime_version": "1.13",
        "threads": 1,
    }
    return {name: known.get(name) for name in names}


def markdown(found: Pareto, thesis: Sequence[ThesisRow]) -> str:
    """A table for each front, what it says, and the reference."""
    return "\n".join(_lines(found, thesis))


def _lines(found: Pareto, thesis: Sequence[ThesisRow]) -> Iterator[str]:
    for front in found.fronts:
        names, words = columns(front), words_at(front)
        yield from (f"**{text(title(front))}**: {sentence(front)}", "")
        yield from _head(names, words)
        for number, one in enumerate(front.placed, 1):
            yield line([text(cell) for cell in cells(front, number, one)])
        yield from ("", text(spread_text(front)), "")
    yield from (text(f"Images: {found.images}. {explanation()}"), "")
    for note in notes(found):
        yield f"- {text(note)}"
    if thesis:
        yield from ("", text(thesis_note()), "")
        yield from _head(THESIS_COLUMNS, frozenset({0}))
        for row in thesis:
            yield line([text(cell) for cell in thesis_cells(row)])


def _head(names: Sequence[str], words: frozenset[int]) -> Iterator[str]:
    yield line([text(name) for name in names])
    yield line(["---" if index in words else "---:" for index in range(len(names))])
