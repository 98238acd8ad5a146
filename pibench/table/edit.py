"""Curves of a table: found, added to, and how far each is from what is wanted. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from pibench.measure.layers import LEAST_NS, LayerLatency
from pibench.report.model import Condition
from pibench.stats import mean_interval
from pibench.table.curves import FittedCurve
from pibench.table.kind import Kind
from pibench.table.model import Curve, FixedTerm, Point, Table
from pibench.table.sampling import interpolation_error
from pibench.table.targets import Target, shares

# A curve that has this share of the network's time, or more, must be as precise as asked for; one with
# less may be coarser, up to so many times.
FULL_SHARE = 0.1
COARSEST = 8.0


def find_curve(table: Table, condition: Condition, kind: Kind) -> Curve | None:
    """What was measured of a kind under a condition."""
    return next((curve for curve in table.curves if curve.kind == kind and curve.condition == condition), None)


def curve_errors(table: Table, condition: Condition, targets: Mapping[Kind, Target]) -> dict[Kind, float]:
    """The relative interpolation error to expect of each target's curve; infinite without enough points."""
    return {kind: _error(find_curve(table, condition, kind), target) for kind, target in targets.items()}


def _error(curve: Curve | None, target: Target) -> float:
    if curve is None:
        return math.inf
    if all(low == high for low, high in target.extent):
        return 0.0
    surface = FittedCurve(curve).surface
    measured = [point.channels for point in curve.points]
    return interpolation_error(surface, measured, target.extent, curve.kind.step) if surface else math.inf


def allowed_errors(
    table: Table, condition: Condition, targets: Mapping[Kind, Target], wanted: float
) -> dict[Kind, float]:
    """The error at which a curve is finished: ``wanted`` where it matters to the network's time, more where not."""
    curves = {kind: find_curve(table, condition, kind) for kind in targets}
    largest = {kind: max(point.ns for point in curve.points) for kind, curve in curves.items() if curve}
    share = shares(targets, largest)
    return {kind: wanted * min(COARSEST, max(1.0, FULL_SHARE / max(share[kind], 1e-9))) for kind in targets}


def with_points(table: Table, kind: Kind, condition: Condition, points: Sequence[Point]) -> Table:
    """The table with these points in the curve of that kind; the same channels measured anew replace the old."""
    curves = {(curve.kind, curve.condition): curve for curve in table.curves}
    known = curves.get((kind, condition), Curve(kind=kind, condition=condition, points=()))
    merged = {point.channels: point for point in (*known.points, *points)}
    curve = replace(known, points=tuple(merged[channels] for channels in sorted(merged)))
    surface = FittedCurve(curve).surface
    error = surface.left_out_error() if surface else math.nan
    curves[kind, condition] = replace(curve, left_out_error=None if math.isnan(error) else error)
    return replace(table, curves=tuple(curves.values()))


def with_fixed(table: Table, condition: Condition, latest: LayerLatency) -> Table:
    """The table with the fixed term of all campaigns so far, the latest among them."""
    earlier = next((term.campaigns_ns for term in table.fixed if term.condition == condition), ())
    seen_ns = (*earlier, latest.interval.estimate)
    interval = mean_interval(seen_ns) if len(seen_ns) > 1 else latest.interval
    term = FixedTerm(
        condition=condition,
        campaigns_ns=seen_ns,
        ns=max(interval.estimate, LEAST_NS),
        low_ns=max(interval.low, LEAST_NS),
        high_ns=max(interval.high, LEAST_NS),
    )
    others = tuple(other for other in table.fixed if other.condition != condition)
    return replace(table, fixed=(*others, term))
