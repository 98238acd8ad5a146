"""Which form a file's name asks for, and writing it whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from pibench.document import explained
from pibench.errors import ExportError
from pibench.exports.markdown import markdown
from pibench.exports.outputs import check_output, write_output
from pibench.exports.pytest_benchmark import pytest_benchmark_json
from pibench.exports.rows import ROWS, RowKind
from pibench.report import Report
from pibench.tabular import SUFFIXES, encoded


def _html(report: Report) -> bytes:
    from pibench.html import page

    return page(report).encode()


EXPORTS: Mapping[str, Callable[[Report], bytes]] = {
    ".html": _html,
    ".md": lambda report: markdown(report).encode(),
    ".json": pytest_benchmark_json,
}


def export(report: Report, path: Path, rows: RowKind = "figures") -> None:
    """Write the report to a file in the form that its name asks for.

    ``.html``: a page of its own; ``.md``: the table; ``.csv`` and ``.parquet``: ``rows``; ``.json``: what
    pytest-benchmark saves. Raises ExportError in one sentence, or ReportError where what makes pages is missing.
    """
    check(path)
    suffix = path.suffix.lower()
    data = EXPORTS[suffix](report) if suffix in EXPORTS else _rows(report, path, rows)
    write_output(data, path, "export")


def _rows(report: Report, path: Path, kind: RowKind) -> bytes:
    rows = list(ROWS[kind](report))
    if not rows:
        missing = {
            "figures": "results",
            "samples": "samples: nothing was measured",
            "layers": "profile: make one with pibench profile",
        }
        raise ExportError(f"the report has no {missing[kind]}")
    return encoded(rows, path)


def check(path: Path) -> None:
    """Refuses what could not be written, and what would be lost: reports are JSON too. Raises ExportError."""
    check_output(path, (*EXPORTS, *SUFFIXES), "export")
    with explained(path, "export", ExportError):
        if path.suffix.lower() == ".json" and path.exists() and not _is_pytest_benchmarks(path.read_bytes()):
            raise ExportError(f"{path} is there already and is no file of pytest-benchmark: give -o another name")


def _is_pytest_benchmarks(data: bytes) -> bool:
    try:
        document = msgspec.json.decode(data or b'{"benchmarks": []}')
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return isinstance(document, dict) and "benchmarks" in document
