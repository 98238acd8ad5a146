"""Which form a file's name asks for, and writing it whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from pibench.document import explained, write_whole
from pibench.errors import ExportError
from pibench.exports.markdown import markdown
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
    suffix = path.suffix
    data = EXPORTS[suffix](report) if suffix in EXPORTS else _rows(report, path, rows)
    with explained(path, "export", ExportError):
        write_whole(data, path)


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
    known = (*EXPORTS, *SUFFIXES)
    if path.suffix not in known:
        raise ExportError(f"{path} ends in none of {', '.join(known)}: give -o a name that does")
    if path.is_dir():
        raise ExportError(f"{path} is a directory: give -o a file name")
    if path.suffix == ".json" and _is_ours(path):
        raise ExportError(f"{path} is a pibench document: give -o another name")


def _is_ours(path: Path) -> bool:
    try:
        document = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return False
    return isinstance(document, dict) and any(name.endswith("_version") for name in document)
