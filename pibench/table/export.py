"""A table's points in long format: one row per measured layer, units in the names."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import msgspec

from pibench.errors import TableError
from pibench.graph.ops import AveragePool, Conv, DepthwiseConv, MaxPool
from pibench.table.model import Curve, Point, Table
from pibench.table.storage import write

Value = str | int | float | bool | None
FORMATS = (".csv", ".parquet")
_WINDOWED = (AveragePool, Conv, DepthwiseConv, MaxPool)


def rows(table: Table) -> Iterator[dict[str, Value]]:
    """All points, with their signatures; the same columns in each."""
    for curve in table.curves:
        for point in curve.points:
            yield _row(table, curve, point)


def _row(table: Table, curve: Curve, point: Point) -> dict[str, Value]:
    layer = curve.kind.layer(point.channels)
    op, shape = layer.op, layer.inputs[0].shape
    window = op if isinstance(op, _WINDOWED) else None
    image = len(shape) == 4
    return {
        "op": op.kind,
        "label": op.label,
        "attributes": msgspec.json.encode(op).decode(),
        "height": shape[1] if image else 1,
        "width": shape[2] if image else 1,
        "in_channels": shape[-1] if shape else 1,
        "out_channels": layer.outputs[0].channels if layer.outputs[0].shape else 1,
        "channels": " ".join(map(str, point.channels)),
        "kernel_height": window.kernel[0] if window else None,
        "kernel_width": window.kernel[1] if window else None,
        "stride_height": window.stride[0] if window else None,
        "stride_width": window.stride[1] if window else None,
        "padding": window.padding if window else None,
        "groups": op.groups if isinstance(op, Conv) else None,
        "activation": getattr(op, "activation", None),
        "dtype": layer.inputs[0].dtype,
        "runtime": curve.condition.runtime,
        "threads": curve.condition.threads,
        "kernels": curve.condition.kernels,
        "cpus": " ".join(map(str, curve.condition.cpus)),
        "macs": layer.macs,
        "latency_ns": point.ns,
        "low_ns": point.low_ns,
        "high_ns": point.high_ns,
        "samples": point.samples,
        "processes": point.processes,
        "trusted": point.trusted,
        "provenance": table.provenance_digest,
    }


def export(table: Table, path: Path) -> int:
    """Write all points to a .csv or .parquet file; returns how many. Raises TableError."""
    if path.suffix not in FORMATS:
        raise TableError(f"{path} is neither a .csv nor a .parquet file: give -o a name that ends so")
    everything = list(rows(table))
    if not everything:
        raise TableError("the table has no points: there is nothing to export")
    write(_csv(everything) if path.suffix == ".csv" else _parquet(everything), path)
    return len(everything)


def _csv(everything: list[dict[str, Value]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(everything[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(everything)
    return text.getvalue().encode()


def _parquet(everything: list[dict[str, Value]]) -> bytes:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:  # it may be there, but for another numpy
        raise TableError(
            f"writing .parquet needs pyarrow ({error}): pip install 'pibench[parquet]', or export .csv"
        ) from None
    columns = {name: [row[name] for row in everything] for name in everything[0]}
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.table(columns), sink)
    return bytes(sink.getvalue())
