"""Filling a latency table: an initial design for each kind of layer, then points where they tell the most."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from pibench.graph import Graph, Layer
from pibench.measure.layers import LayerLatency
from pibench.measure.protocols import PROTOCOLS
from pibench.report.model import Protocol, Result
from pibench.table.curves import FittedCurve
from pibench.table.edit import allowed_errors, curve_errors, find_curve, with_fixed, with_points
from pibench.table.kind import Kind
from pibench.table.model import Point, Table
from pibench.table.sampling import initial_design, next_points, size
from pibench.table.targets import Target
from pibench.table.timing import LayerTimer

# So many models are in one campaign, which is what a kill can lose.
AT_A_TIME = 100
# Whole networks after each, timed as ``pibench bench`` would: so near in time that what slows the machine for
# a while slows both, but not among a hundred other models, which would have the caches each time.
NETWORKS_AT_A_TIME = 3
# Added to each unfinished curve in a round.
POINTS_PER_ROUND = 6


class Goal(NamedTuple):
    """When a curve is finished: relative interpolation error, or a number of points."""

    error: float = 0.01
    most_points: int = 72


class InterruptedBuild(Exception):  # noqa: N818  (no error: the table has what was measured)
    """Ctrl-C came in between."""


class TableBuilder:
    """Adds points to a table until every target's curve is precise enough.

    ``networks``: timed whole between the campaigns; what came of it is in ``timed_networks``. ``changed`` hears of
    the table after each campaign; ``progress`` of points done, and of those to come at most.
    """

    def __init__(
        self,
        table: Table,
        targets: Mapping[Kind, Target],
        timer: LayerTimer,
        protocol: Protocol,
        goal: Goal,
        networks: Sequence[Graph] = (),
        *,
        changed: Callable[[Table], None],
        progress: Callable[[str, float, float], None],
    ) -> None:
        self.table = table
        self.failures: dict[Layer, str] = {}
        self.timed_networks: list[tuple[Graph, Result]] = []
        self._targets = targets
        self._timer = timer
        self._protocol = protocol
        self._goal = goal
        self._networks = list(networks)
        self._changed = changed
        self._progress = progress
        self._failed: set[tuple[Kind, tuple[int, ...]]] = set()
        self._order = random.Random(f"order {protocol.seed}")

    def run(self) -> None:
        """Measure what is missing. Raises InterruptedBuild on Ctrl-C, after keeping what was measured.

        Points that were measured while something disturbed them are measured once more.
        """
        self._measure([(kind, point) for kind in self._targets for point in self._untrusted(kind)])
        self._measure([(kind, point) for kind in self._targets for point in self._begin(kind)])
        while wanted := self._wanted():
            self._measure(wanted)
        while self._networks:
            self._some_networks()

    def _untrusted(self, kind: Kind) -> list[tuple[int, ...]]:
        return [channels for channels, point in self._measured(kind).items() if not point.trusted]

    def _begin(self, kind: Kind) -> list[tuple[int, ...]]:
        """What is missing of the initial design."""
        known = self._measured(kind)
        room = max(0, self._goal.most_points - len(known))
        return initial_design(self._targets[kind].extent, kind.step, count=room, known=known)

    def _wanted(self) -> list[tuple[Kind, tuple[int, ...]]]:
        """Further points for every curve that is not finished."""
        condition = self._timer.condition
        errors = curve_errors(self.table, condition, self._targets)
        allowed = allowed_errors(self.table, condition, self._targets, self._goal.error)
        unfinished = [kind for kind in self._targets if allowed[kind] < errors[kind] < math.inf]
        return [(kind, point) for kind in unfinished for point in self._further(kind, self._targets[kind])]

    def _further(self, kind: Kind, target: Target) -> list[tuple[int, ...]]:
        curve = find_curve(self.table, self._timer.condition, kind)
        surface = FittedCurve(curve).surface if curve else None
        measured = list(self._measured(kind))
        room = min(POINTS_PER_ROUND, self._goal.most_points - len(measured))
        if surface is None or room < 1:
            return []
        # A layer that failed would fail again; it counts as measured, so that others are tried.
        known = [*measured, *(point for failed, point in self._failed if failed == kind)]
        seed = self._protocol.seed
        return next_points(surface, measured, target.extent, room, step=kind.step, seed=seed, known=known)

    def _measure(self, wanted: Sequence[tuple[Kind, tuple[int, ...]]]) -> None:
        """In campaigns of a bounded size, kinds mixed."""
        mixed = self._order.sample(wanted, len(wanted))
        for begin in range(0, len(mixed), AT_A_TIME):
            self._campaign(mixed[begin : begin + AT_A_TIME])

    def _campaign(self, some: Sequence[tuple[Kind, tuple[int, ...]]]) -> None:
        layers = {kind.layer(point): (kind, point) for kind, point in some}
        self._progress(f"{len(self._targets)} kinds of layers", *self._advance())
        timed = self._timer.layers(list(layers), self._protocol)
        self.failures |= timed.failures
        self._failed |= {layers[layer] for layer in timed.failures}
        if timed.fixed:
            self.table = with_fixed(self.table, self._timer.condition, timed.fixed)
        found: dict[Kind, list[Point]] = {}
        for layer, latency in timed.latencies.items():
            kind, point = layers[layer]
            found.setdefault(kind, []).append(_point(point, latency))
        for kind, points in found.items():
            self.table = with_points(self.table, kind, self._timer.condition, points)
        self._changed(self.table)
        if timed.interrupted:
            raise InterruptedBuild
        self._some_networks()

    def _some_networks(self) -> None:
        some, self._networks = self._networks[:NETWORKS_AT_A_TIME], self._networks[NETWORKS_AT_A_TIME:]
        if not some:
            return
        quick = replace(PROTOCOLS["quick"], seed=self._protocol.seed, timeout_s=self._protocol.timeout_s)
        results, interrupted = self._timer.networks(some, quick)
        self.timed_networks += zip(some, results, strict=True)
        if interrupted:
            raise InterruptedBuild

    def _measured(self, kind: Kind) -> dict[tuple[int, ...], Point]:
        curve = find_curve(self.table, self._timer.condition, kind)
        return {point.channels: point for point in curve.points} if curve else {}

    def _advance(self) -> tuple[float, float]:
        """Points done, and as many as there may be."""
        done = sum(len(self._measured(kind)) for kind in self._targets)
        most = sum(min(self._goal.most_points, size(t.extent, k.step)) for k, t in self._targets.items())
        return done, max(done, most)


def _point(channels: tuple[int, ...], latency: LayerLatency) -> Point:
    ns, low_ns, high_ns = latency.interval
    return Point(
        channels=channels,
        ns=ns,
        low_ns=low_ns,
        high_ns=high_ns,
        samples=latency.samples,
        processes=latency.processes,
        trusted=not latency.disturbed,
    )
