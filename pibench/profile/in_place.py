"""The layers of a network in place: timed by the runtime's own profiler while the whole network runs.

The network is loaded twice in one worker, with its profiler and without, and the two are sampled
in turns, in short blocks: what changes in the machine meets both, and their ratio is the
profiler's own cost.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pibench.errors import EngineError
from pibench.graph import Graph
from pibench.measure.asks import Asks
from pibench.measure.loading import load
from pibench.measure.settle import settle
from pibench.profile.mapping import Group, Operation, mapped
from pibench.report.model import Condition
from pibench.report.samples import Count, Struct
from pibench.stats import Interval, mean_interval, nested_ratio, trace_median_interval
from pibench.worker.protocol import Profiled, ProfiledOp, ReadProfile, Run, Sampled, Unload, Unloaded

WARM_UP_S = 0.2
# Two instances of one model differ by about 1 %, as much as a profiler may cost.
INSTANCES = 4
# XNNPACK rounds each time down to whole microseconds. Half of one is added, the mean of what was
# cut off: with it the operations of a network add up to the whole within 1 %, without it 1 to
# 10 % are lacking, the more the more small ones there are.
XNNPACK_STEP_NS = 1000

# Rows are blocks, one number each.
_Blocks = npt.NDArray[np.float64]


class LayerTime(Struct, frozen=True, kw_only=True):
    """A layer, or layers that the runtime runs as one, and what the runtime calls them.

    ``ns``: per inference. ``step_ns``: how coarse the times are that it was averaged from, 0 where
    they are in ns; a layer whose time does not vary by as much is known to half of it.
    """

    layers: tuple[str, ...]
    operations: tuple[str, ...]
    ns: Interval
    step_ns: Count


class UnmappedTime(Struct, frozen=True, kw_only=True):
    """An operation that could not be told to be a layer's, by the runtime's name. ``ns``: per inference."""

    operation: str
    ns: Interval


class InPlace(Struct, frozen=True, kw_only=True):
    """What the runtime's profiler told, per inference, and how far that can be believed.

    ``plain_ns`` and ``profiled_ns``: the whole without and with the profiler; ``cost``: the latter
    over the former. ``sum_ns``: of all operations; ``sum_ratio``: that over ``plain_ns``.
    ``dropped``: inferences whose operations found no room. Intervals are at 95 %, over instances
    of the model where there were several.
    """

    layers: tuple[LayerTime, ...]
    unmapped: tuple[UnmappedTime, ...]
    plain_ns: Interval
    profiled_ns: Interval
    cost: Interval
    sum_ns: Interval
    sum_ratio: Interval
    instances: Count
    inferences: Count
    dropped: Count


class _Block(NamedTuple):
    """Means over a block's middle half: the whole without and with the profiler, and each operation."""

    plain_ns: float
    profiled_ns: float
    operations_ns: npt.NDArray[np.float64]
    dropped: int


def measure_in_place(
    worker: Asks,
    model: Path,
    condition: Condition,
    graph: Graph | None,
    *,
    rounds: int = 40,
    runs_per_round: int = 10,
    seed: int = 0,
    instances: int = INSTANCES,
    progress: Callable[[float], None] = lambda fraction: None,
) -> InPlace:
    """Time the layers of ``graph``, which is what ``model`` holds as deployed, in a worker that is set up.

    Without a graph nothing is mapped. ``rounds``: blocks with and without the profiler, in all
    instances together. ``runs_per_round``: inferences of each. ``progress`` hears of the fraction
    that is done. Raises WorkerFailedError where the runtime has no profiler or dies of it, EngineError
    where it tells of no operation, or has no room for those of an inference.
    """
    order = random.Random(seed)
    instances = max(1, min(instances, rounds))
    recorder = _Recorder(worker, runs_per_round)
    by_instance: list[list[_Block]] = []
    for number in range(instances):
        engines = _loaded(worker, model, condition, seed, order)
        share = rounds * (number + 1) // instances - rounds * number // instances
        blocks: list[_Block] = []
        for _ in range(share):
            blocks.append(recorder.block(engines, order))
            progress((sum(map(len, by_instance)) + len(blocks)) / rounds)
        by_instance.append(blocks)
        for engine in engines:
            worker.ask(Unload(engine), Unloaded)
    groups = mapped(graph, recorder.operations) if graph else ()
    return _concluded(groups, recorder.operations, by_instance, runs_per_round)


def _loaded(worker: Asks, model: Path, condition: Condition, seed: int, order: random.Random) -> tuple[int, int]:
    """The numbers of the engines without and with the profiler: warm, and loaded in random order."""
    engines: dict[bool, int] = {}
    for profile in order.sample((False, True), 2):
        engines[profile] = load(worker, model, condition, seed, profile=profile).engine
        settle(worker, engines[profile], WARM_UP_S, 0, clock_step_ns=1)
    return engines[False], engines[True]


class _Recorder:
    """Takes blocks, and holds them to one list of operations."""

    def __init__(self, worker: Asks, runs: int) -> None:
        self._worker = worker
        self._runs = runs
        self.operations: tuple[Operation, ...] = ()

    def block(self, engines: tuple[int, int], order: random.Random) -> _Block:
        plain, profiled = engines
        whole_ns: dict[int, npt.NDArray[np.float64]] = {}
        for engine in order.sample(engines, 2):
            sampled = self._worker.ask(Run(engine, self._runs + 1), Sampled)
            # The first inference pays for the change of model.
            whole_ns[engine] = np.array(sampled.duration_ns[1:], float)
        answer = self._worker.ask(ReadProfile(profiled), Profiled)
        told = [event for event in answer.events if event.kind != "span"]
        if not told and answer.dropped:
            raise EngineError("the runtime's profiler has no room for a single inference: measure without it")
        self._check(tuple(Operation(event.name, event.kind, event.node) for event in told))
        kept = _middle_half(whole_ns[profiled])
        return _Block(
            plain_ns=float(whole_ns[plain][_middle_half(whole_ns[plain])].mean()),
            profiled_ns=float(whole_ns[profiled][kept].mean()),
            operations_ns=np.array([self._mean_ns(event, kept) for event in told]),
            dropped=answer.dropped,
        )

    def _mean_ns(self, event: ProfiledOp, kept: npt.NDArray[np.intp]) -> float:
        """Of all that there is where some were dropped: which ones, nobody tells."""
        each_ns = np.array(event.ns, float)
        mean_ns = float(each_ns.mean() if len(each_ns) <= self._runs else each_ns[1:][kept].mean())
        return mean_ns + (XNNPACK_STEP_NS / 2 if event.kind == "delegate" else 0)

    def _check(self, operations: tuple[Operation, ...]) -> None:
        if not operations:
            raise EngineError("the runtime's profiler tells of no operation: measure without it")
        if self.operations and operations != self.operations:
            raise EngineError("the runtime's profiler does not tell the same operations each time")
        self.operations = operations


def _middle_half(whole_ns: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """The inferences that took neither shortest nor longest.

    Their mean has the centre of a median, and what is whole microseconds in each is finer in it.
    """
    order = np.argsort(whole_ns, kind="stable")
    quarter = len(order) // 4
    return order[quarter : len(order) - quarter]


def _concluded(
    groups: Sequence[Group], operations: Sequence[Operation], by_instance: Sequence[Sequence[_Block]], runs: int
) -> InPlace:
    plain = [np.array([block.plain_ns for block in blocks]) for blocks in by_instance]
    profiled = [np.array([block.profiled_ns for block in blocks]) for blocks in by_instance]
    # Per instance a table: a row for each block, a column for each operation.
    tables = [np.array([block.operations_ns for block in blocks]) for blocks in by_instance]
    sums = [table.sum(axis=1) for table in tables]
    known = {position for group in groups for position in group.operations}
    return InPlace(
        layers=tuple(
            LayerTime(
                layers=group.layers,
                operations=tuple(operations[k].name for k in group.operations),
                ns=_centre([table[:, list(group.operations)].sum(axis=1) for table in tables]),
                step_ns=XNNPACK_STEP_NS * sum(operations[k].kind == "delegate" for k in group.operations),
            )
            for group in groups
        ),
        unmapped=tuple(
            UnmappedTime(operation=operation.name, ns=_centre([table[:, k] for table in tables]))
            for k, operation in enumerate(operations)
            if k not in known
        ),
        plain_ns=_centre(plain),
        profiled_ns=_centre(profiled),
        cost=_ratio(plain, profiled),
        sum_ns=_centre(sums),
        sum_ratio=_ratio(plain, sums),
        instances=len(by_instance),
        inferences=runs * sum(map(len, by_instance)),
        dropped=sum(block.dropped for blocks in by_instance for block in blocks),
    )


def _centre(by_instance: Sequence[_Blocks]) -> Interval:
    """The median block of each instance, and their mean; of a single one the trace's own interval."""
    if len(by_instance) == 1:
        return trace_median_interval(by_instance[0])
    return mean_interval([float(np.median(blocks)) for blocks in by_instance])


def _ratio(before: Sequence[_Blocks], after: Sequence[_Blocks]) -> Interval:
    """By how much the second is longer, block by block."""
    return nested_ratio([_split(before)], [_split(after)]).interval


def _split(by_instance: Sequence[_Blocks]) -> list[list[_Blocks]]:
    """Each block's mean as a block of one sample."""
    return [[blocks[k : k + 1] for k in range(len(blocks))] for blocks in by_instance]
