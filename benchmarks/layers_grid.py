"""Grid: active sampling against a full grid, at equal error on the same test points.

The grid has every eighth channel count and the first, and is interpolated linearly between
its lines, as look-up tables are. Both are measured in the same campaigns as the test points,
which neither has seen.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from layers_setting import Setting
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from pibench.device import read_device
from pibench.graph import Layer, TensorSpec
from pibench.graph.ops import Conv, DepthwiseConv
from pibench.measure.board import ThisBoard
from pibench.measure.protocols import LAYERS
from pibench.report import Condition
from pibench.table.kind import Kind, signature_of
from pibench.table.sampling import Extent, initial_design, next_points
from pibench.table.surface import Surface
from pibench.table.timing import LayerTimer
from pibench.worker.client import Worker, probed_clock

STEP = 8
AT_A_TIME = 6
# Of a point's time, as the surface is told; what the protocol reaches on a quiet machine.
RELATIVE_SD = 0.003
CAMPAIGN_MODELS = 200

Channels = tuple[int, ...]


class Case(NamedTuple):
    name: str
    kind: Kind
    extent: Extent


def _kind(op: Conv | DepthwiseConv, size: int) -> Kind:
    return signature_of(Layer(op, (TensorSpec((1, size, size, 1)),))).kind


CASES = (
    Case(
        "conv 3×3, 8×8",
        _kind(Conv(filters=1, kernel=(3, 3), bias=True, activation="relu"), 8),
        ((1, 128), (1, 128)),
    ),
    Case(
        "conv 1×1, 16×16",
        _kind(Conv(filters=1, kernel=(1, 1), bias=True, activation="relu6"), 16),
        ((1, 192), (1, 64)),
    ),
    Case(
        "depthwise 3×3, 16×16",
        _kind(DepthwiseConv(kernel=(3, 3), bias=True, activation="relu6"), 16),
        ((1, 256),),
    ),
)


class Row(msgspec.Struct, kw_only=True):
    """Root mean square errors on the test points (shares), and how many points were measured for them.

    ``grid_surface_error``: of the grid's points under pibench's own interpolation. ``active_points``: the
    first number at which active sampling errs no more than the grid; None if it never did.
    """

    case: str
    test_points: int
    grid_points: int
    grid_error: float
    grid_surface_error: float
    active_points: int | None
    active_error: float


def total(setting: Setting) -> int:
    return len(CASES)


def rows(setting: Setting) -> Iterator[list[Row]]:
    clock = probed_clock()
    timer = LayerTimer(Condition(), read_device(), clock.step_ns, worker=Worker, board=ThisBoard(LAYERS, ()))
    for case in CASES:
        yield [_row(case, timer, setting)]


def _row(case: Case, timer: LayerTimer, setting: Setting) -> Row:
    rng = random.Random(f"grid {setting.options.seed}")
    lines = [[low, *range(STEP, high + 1, STEP)] for low, high in case.extent]
    grid = list(product(*lines))
    test: set[Channels] = set()
    while len(test) < setting.options.test_points:
        drawn = tuple(rng.randint(low, high) for low, high in case.extent)
        test |= {drawn} - set(grid)
        if len(test) + len(grid) >= np.prod([high for _, high in case.extent]):
            break
    ns = _measured(case, [*grid, *sorted(test)], timer)
    truth = np.array([ns[point] for point in sorted(test)])
    at = np.array(sorted(test), np.int64)
    grid_error = _error(_linear(lines, ns, at), truth)
    active_points, active_error = _active(case, timer, at, truth, grid_error, limit=len(grid))
    return Row(
        case=case.name,
        test_points=len(test),
        grid_points=len(grid),
        grid_error=grid_error,
        grid_surface_error=_error(_surface(ns, grid).predict(at).mean_ns, truth),
        active_points=active_points,
        active_error=active_error,
    )


def _active(
    case: Case,
    timer: LayerTimer,
    at: npt.NDArray[np.int64],
    truth: npt.NDArray[np.float64],
    wanted: float,
    limit: int,
) -> tuple[int | None, float]:
    """Points until the error is as small as wanted, and the error then; None where the limit came first."""
    points = initial_design(case.extent)
    ns = _measured(case, points, timer)
    while True:
        surface = _surface(ns, points)
        error = _error(surface.predict(at).mean_ns, truth)
        if error <= wanted or len(points) >= limit:
            return (len(points) if error <= wanted else None), error
        further = next_points(surface, points, case.extent, AT_A_TIME)
        if not further:
            return None, error
        ns |= _measured(case, further, timer)
        points = [*points, *further]


def _measured(case: Case, points: Sequence[Channels], timer: LayerTimer) -> dict[Channels, float]:
    layers = {case.kind.layer(point): point for point in points}
    order = random.Random(len(points)).sample(list(layers), len(layers))
    found: dict[Channels, float] = {}
    for begin in range(0, len(order), CAMPAIGN_MODELS):
        timed = timer.layers(order[begin : begin + CAMPAIGN_MODELS], LAYERS)
        found |= {layers[layer]: latency.interval.estimate for layer, latency in timed.latencies.items()}
    return found


def _surface(ns: Mapping[Channels, float], points: Sequence[Channels]) -> Surface:
    return Surface(points, [ns[point] for point in points], [RELATIVE_SD] * len(points))


def _linear(
    lines: Sequence[Sequence[int]], ns: Mapping[Channels, float], at: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Multilinear interpolation on the grid."""
    values = np.array([ns[point] for point in product(*lines)]).reshape([len(line) for line in lines])
    result = np.empty(len(at))
    for k, point in enumerate(at):
        remaining = values
        for line, channels in zip(lines, point, strict=True):
            remaining = np.apply_along_axis(lambda row: np.interp(channels, line, row), 0, remaining)  # noqa: B023
        result[k] = float(remaining)
    return result


def _error(predicted: npt.NDArray[np.float64], truth: npt.NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean((predicted / truth - 1) ** 2)))


def show(found: Sequence[Row], console: Console) -> None:
    table = Table("layer", title="Points for equal error (root mean square on test points)", box=SIMPLE)
    for name in ("grid", "its error", "with tiles", "active", "its error", "share"):
        table.add_column(name, justify="right")
    for row in found:
        active = "–" if row.active_points is None else str(row.active_points)
        share = "–" if row.active_points is None else f"{row.active_points / row.grid_points:.0%}"
        errors = [f"{error:.2%}" for error in (row.grid_error, row.grid_surface_error, row.active_error)]
        table.add_row(row.case, str(row.grid_points), errors[0], errors[1], active, errors[2], share)
    console.print(table)
    console.print("asked for: at most half of the grid's points", style="dim")
