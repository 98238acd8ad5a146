from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest
from sample_table import sample_table
from table_world import PROVENANCE, empty_table

from pibench.errors import ExportError
from pibench.table.export import export, rows

COLUMNS = (
    "op,label,attributes,height,width,in_channels,out_channels,channels,kernel_height,kernel_width,stride_height,"
    "stride_width,padding,groups,activation,dtype,runtime,threads,kernels,cpus,macs,latency_ns,low_ns,high_ns,samples,processes,trusted,provenance"
)
D = PROVENANCE.digest
CONV = "conv g2 3×5 /2 + relu"
# Without the third column, the operation as JSON.
GOLDEN = f"""\
conv,{CONV},8,4,2,4,2 4,3,5,2,2,same,2,relu,float32,litert,1,xnnpack,,480,1500.0,1497.0,1503.0,27,3,True,{D}
conv,{CONV},8,4,4,4,4 4,3,5,2,2,same,2,relu,float32,litert,1,xnnpack,,960,2500.0,2495.0,2505.0,27,3,False,{D}
depthwise_conv,depthwise 3×3,8,4,8,8,8,3,3,1,1,same,,,int8,litert,2,xnnpack,,2304,900.0,898.2,901.8,27,3,True,{D}
concat,concat,8,4,3,12,3 4 5,,,,,,,,float32,litert,1,xnnpack,3,0,120.0,119.76,120.24,27,3,True,{D}
reshape,reshape,8,4,2,64,,,,,,,,,float32,litert,1,xnnpack,,0,40.0,39.92,40.08,27,3,True,{D}
"""


def test_csv_has_a_row_per_point_with_units_in_the_names(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    assert export(sample_table(), path) == 5
    header, *lines = path.read_text().splitlines()
    assert header == COLUMNS
    found = list(csv.reader(lines))
    assert [",".join(row[:2] + row[3:]) for row in found] == GOLDEN.splitlines()
    assert '"filters":4' in found[0][2]


def test_every_row_has_the_same_columns() -> None:
    assert {tuple(row) for row in rows(sample_table())} == {tuple(COLUMNS.split(","))}


def test_parquet_keeps_types_and_what_is_missing(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", exc_type=ImportError)
    path = tmp_path / "points.parquet"
    assert export(sample_table(), path) == 5
    again = parquet.read_table(path)
    assert again.column_names == COLUMNS.split(",")
    assert again.to_pylist() == list(rows(sample_table()))


def test_parquet_without_pyarrow_tells_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ExportError, match=r"needs pyarrow \(.*\): pip install 'pibench\[parquet\]', or write \.csv"):
        export(sample_table(), tmp_path / "points.parquet")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["points", "points.json", "points.csv.gz"])
def test_other_formats_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ExportError, match=r"is neither a \.csv nor a \.parquet file"):
        export(sample_table(), tmp_path / name)


def test_a_table_without_points_is_not_exported(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="the table has no points"):
        export(empty_table(), tmp_path / "points.csv")


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(ExportError, match="No space left on device"):
        export(sample_table(), tmp_path / "points.csv")
    assert list(tmp_path.iterdir()) == []
