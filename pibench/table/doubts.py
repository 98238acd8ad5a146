"""What a user of a table should know about it. Pure."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from pibench.report.model import Condition
from pibench.table.edit import allowed_errors, curve_errors
from pibench.table.fill import Order
from pibench.table.model import Table
from pibench.table.targets import targets_of

DoubtKind = Literal["coarse_curves", "untrusted_points", "not_calibrated", "networks_differ"]

# A quiet machine has some untrusted points among hundreds; a busy one has many.
MOST_UNTRUSTED = 0.1
# Networks that scatter more about their sums than this are not explained by their layers.
MOST_RESIDUAL_SD = 0.05


class TableDoubt(NamedTuple):
    """What it is, and a sentence for people; a ``grave`` one makes the table's predictions doubtful."""

    kind: DoubtKind
    message: str
    grave: bool


def doubts_about_table(table: Table, condition: Condition, order: Order) -> list[TableDoubt]:
    """About what was measured under a condition, held against what was wanted."""
    doubts = []
    targets = targets_of(order.graphs)
    errors = curve_errors(table, condition, targets)
    allowed = allowed_errors(table, condition, targets, order.goal.error)
    coarse = [kind for kind in targets if errors[kind] > allowed[kind]]
    if coarse:
        worst = max(coarse, key=lambda kind: errors[kind] - allowed[kind])
        error = f"{100 * errors[worst]:.2g} %" if errors[worst] < math.inf else "too few points"
        message = f"{len(coarse)} of {len(targets)} curves are coarser than asked for; {worst}: {error}"
        doubts.append(TableDoubt("coarse_curves", message, grave=False))
    points = [point for curve in table.curves if curve.condition == condition for point in curve.points]
    untrusted = sum(not point.trusted for point in points)
    if untrusted:
        message = f"{untrusted} of {len(points)} points were measured while something disturbed them"
        doubts.append(TableDoubt("untrusted_points", message, grave=untrusted > MOST_UNTRUSTED * len(points)))
    calibration = next((c for c in table.calibrations if c.condition == condition), None)
    if calibration is None:
        message = "fewer than two whole networks could be held against it: whether layers add up is not known"
        doubts.append(TableDoubt("not_calibrated", message, grave=False))
    elif calibration.residual_sd > MOST_RESIDUAL_SD:
        message = f"whole networks scatter by {100 * calibration.residual_sd:.2g} % about the sums of their layers"
        doubts.append(TableDoubt("networks_differ", message, grave=True))
    return doubts
