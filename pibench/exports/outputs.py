"""Files that figures are exported to: refused before work is done for them, written whole."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pibench.document import explained, no_file, write_file
from pibench.errors import ExportError


def check_output(path: Path, suffixes: Sequence[str], name: str) -> None:
    """Refuses another ending than these, and a place that no file can take. Raises ExportError."""
    if path.suffix.lower() not in suffixes:
        raise ExportError(f"{path} ends in none of {', '.join(suffixes)}: give -o a name that does")
    with explained(path, name, ExportError):
        if what := no_file(path):
            raise ExportError(f"{path} is {what}: give -o a file name")


def write_output(data: bytes, path: Path, name: str) -> None:
    """Raises ExportError."""
    write_file(data, path, name, ExportError)
