"""The curves of a table, for people."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from pibench.report import Condition
from pibench.table.curves import FittedCurve
from pibench.table.model import Curve, Table
from pibench.table.terms import AxisTerm
from pibench.words.numbers import duration, percent


def show_curves(table: Table, condition: Condition, console: Console) -> None:
    """Print what is known under a condition: a row per kind of layer, then fixed term and calibration."""
    device = table.device
    console.print(f"{device.name}: {condition}; provenance {table.provenance_digest}", highlight=False, markup=False)
    rows = RichTable(box=None, pad_edge=False, header_style="bold")
    rows.add_column("layer", overflow="fold", min_width=20)
    for name in ("channels", "points", "smallest", "largest", "± of a point", "left out", "tiles"):
        rows.add_column(name, justify="right", no_wrap=True)
    for curve in table.curves:
        if curve.condition == condition and curve.points:
            rows.add_row(Text(str(curve.kind)), *_row(curve))
    console.print(rows)
    for term in table.fixed:
        if term.condition == condition:
            half = (term.high_ns - term.low_ns) / 2 / term.ns
            console.print(f"every inference: {duration(term.ns)} ± {percent(half)} besides its layers", highlight=False)
    for calibration in table.calibrations:
        if calibration.condition == condition:
            console.print(
                f"{len(calibration.networks)} whole networks took {calibration.factor:.3f} times the sum of their"
                f" layers ({calibration.low:.3f} to {calibration.high:.3f}) and"
                f" {duration(calibration.per_layer_ns)} more for each layer, ± {percent(calibration.residual_sd)}",
                highlight=False,
            )


def _row(curve: Curve) -> list[str]:
    ns = [point.ns for point in curve.points]
    widths = sorted((point.high_ns - point.low_ns) / 2 / point.ns for point in curve.points)
    fitted = FittedCurve(curve)
    extent = [f"{low}–{high}" if low < high else f"{low}" for low, high in zip(fitted.low, fitted.high, strict=True)]
    return [
        " × ".join(extent) or "fixed",
        str(len(ns)),
        duration(min(ns)),
        duration(max(ns)),
        percent(widths[len(widths) // 2]),
        "–" if curve.left_out_error is None else percent(curve.left_out_error),
        " × ".join(map(_tile, fitted.surface.tiling)) if fitted.surface else "–",
    ]


def _tile(term: AxisTerm) -> str:
    return f"{term.size // 2}|{term.size}" if term.form == "half" else str(term.size)
