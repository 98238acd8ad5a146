"""A table's points in long format: one row per measured layer, units in the names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from pibench.document import write_file
from pibench.errors import ExportError
from pibench.graph.ops import AveragePool, Conv, DepthwiseConv, MaxPool
from pibench.table.model import Curve, Point, Table
from pibench.tabular import Value, encoded

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
    """Write all points to a .csv or .parquet file; returns how many. Raises ExportError."""
    everything = list(rows(table))
    if not everything:
        raise ExportError("the table has no points: there is nothing to export")
    data = encoded(everything, path)
    write_file(data, path, "table", ExportError)
    return len(everything)
