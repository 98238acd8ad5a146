"""Rows in files that other programs read: CSV and Parquet."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from pibench.errors import ExportError

Value = str | int | float | bool | None
Row = Mapping[str, Value]
SUFFIXES = (".csv", ".parquet")


def encoded(rows: Sequence[Row], path: Path) -> bytes:
    """The rows, which all have the same columns, in the format that the file's name asks for.

    Raises ExportError for another name, without rows, or without pyarrow.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise ExportError(f"{path} is neither a .csv nor a .parquet file: give -o a name that ends so")
    if not rows:
        raise ExportError(f"there is nothing to write to {path}: no rows")
    return as_csv(rows) if path.suffix.lower() == ".csv" else as_parquet(rows)


def check_format(suffix: str) -> None:
    """Raises ExportError where what writes such files is missing."""
    if suffix != ".parquet":
        return
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:  # it may be there, but for another numpy
        raise ExportError(
            f"writing .parquet needs pyarrow ({error}): pip install 'pibench[parquet]', or write .csv"
        ) from None


def as_csv(rows: Sequence[Row]) -> bytes:
    """With a header; what is missing is empty."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def as_parquet(rows: Sequence[Row]) -> bytes:
    """With the types of the values; what is missing is null. Raises ExportError without pyarrow."""
    check_format(".parquet")
    import pyarrow
    import pyarrow.parquet

    columns = {name: [row[name] for row in rows] for name in rows[0]}
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.table(columns), sink)
    return bytes(sink.getvalue())
