from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pibench.errors import ExportError
from pibench.tabular import Row, encoded

ROWS: list[Row] = [
    {"name": "a, b", "latency_ns": 1.5, "set_aside": False, "macs": 3},
    {"name": 'say "no"', "latency_ns": 1e-7, "set_aside": True, "macs": None},
]


def test_csv_has_a_header_and_leaves_empty_what_is_missing() -> None:
    assert encoded(ROWS, Path("x.csv")).decode() == (
        'name,latency_ns,set_aside,macs\n"a, b",1.5,False,3\n"say ""no""",1e-07,True,\n'
    )


def test_parquet_keeps_types_and_what_is_missing() -> None:
    pyarrow = pytest.importorskip("pyarrow", exc_type=ImportError)
    parquet = pytest.importorskip("pyarrow.parquet", exc_type=ImportError)
    assert parquet.read_table(pyarrow.BufferReader(encoded(ROWS, Path("x.parquet")))).to_pylist() == ROWS


def test_parquet_without_pyarrow_tells_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ExportError, match=r"pip install 'pibench\[parquet\]', or write \.csv"):
        encoded(ROWS, Path("x.parquet"))


def test_another_name_and_no_rows_are_refused() -> None:
    with pytest.raises(ExportError, match=r"x\.xlsx is neither a \.csv nor a \.parquet file"):
        encoded(ROWS, Path("x.xlsx"))
    with pytest.raises(ExportError, match=r"nothing to write to x\.csv"):
        encoded([], Path("x.csv"))
