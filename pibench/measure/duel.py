"""Two cases against each other: in the same processes, in short blocks, A B B A."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec
import numpy as np
from msgspec import Meta

from pibench.measure.trial import Asks, group_size, warmed_up
from pibench.report.model import DEFAULT_TIMEOUT_S, Condition
from pibench.stats import nested_ratio, verdict
from pibench.stats.paired import Verdict
from pibench.worker.client import WorkerFailedError
from pibench.worker.protocol import Load, Loaded, Run, Sampled, Unload, Unloaded

_SECOND_NS = 1_000_000_000
# Short, so that what changes in the machine meets both alike; long beside the exchange with the worker.
TARGET_BLOCK_NS = 1_000_000
FEWEST_ROUNDS = 2
# Of more, only the memory for the samples would grow: processes are the unit of the interval.
MOST_ROUNDS = 100
A, B = 0, 1


class Contestant(NamedTuple):
    """A model file under a condition, and what people call them."""

    name: str
    model: Path
    condition: Condition


class DuelProtocol(msgspec.Struct, frozen=True, kw_only=True):
    """How two cases are compared.

    In each of ``processes`` fresh processes, ``instances`` times, both are loaded afresh, warmed
    up for ``warm_up_s``, and sampled in blocks in the order A B B A or B A A B, drawn from
    ``seed``, until the share of ``seconds`` is spent; two rounds of four blocks at the least.
    """

    # The unit of the interval: processes may favour one of two different models.
    processes: Annotated[int, Meta(ge=2)] = 8
    instances: Annotated[int, Meta(ge=1)] = 1
    seconds: Annotated[float, Meta(gt=0)] = 1.0
    warm_up_s: Annotated[float, Meta(ge=0)] = 0.05
    timeout_s: Annotated[float, Meta(gt=0)] = DEFAULT_TIMEOUT_S
    seed: int = 0


# Latencies of blocks in ns, by process, pair of instances, round and turn within it.
BlockLatencies = list[list[list[tuple[float, float]]]]


class Duel(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: ``ratio`` is B's latency over A's, with its 95 % interval."""

    ratio: float
    low: float
    high: float
    verdict: Verdict
    threshold: float
    median_a_ns: float
    median_b_ns: float
    processes: int
    instances: int
    pairs: int


class DuelSampler:
    """Takes the samples of a comparison. ``progress`` hears of each pair of instances."""

    def __init__(
        self,
        contestants: tuple[Contestant, Contestant],
        protocol: DuelProtocol,
        clock_step_ns: int,
        *,
        worker: Callable[[float], AbstractContextManager[Asks]],
        progress: Callable[[int, int], None] = lambda number, total: None,
    ) -> None:
        self._contestants = contestants
        self._protocol = protocol
        self._clock_step_ns = clock_step_ns
        self._worker = worker
        self._progress = progress
        self._order = random.Random(protocol.seed)

    def run(self) -> BlockLatencies:
        """All pairs (A, B) of block latencies. Raises WorkerFailedError when a worker does not survive."""
        protocol = self._protocol
        latencies: BlockLatencies = []
        for process in range(protocol.processes):
            with self._worker(protocol.timeout_s) as worker:
                pairs = []
                for instance in range(protocol.instances):
                    self._progress(process * protocol.instances + instance, protocol.processes * protocol.instances)
                    pairs.append(self._instance(worker))
                latencies.append(pairs)
        return latencies

    def _instance(self, worker: Asks) -> list[tuple[float, float]]:
        sides = self._loaded(worker)
        share_ns = self._protocol.seconds * _SECOND_NS / (self._protocol.processes * self._protocol.instances)
        rounds = _rounds(share_ns, [side.block_ns for side in sides])
        pairs: list[tuple[float, float]] = []
        for _ in range(rounds):
            first = self._order.choice((A, B))
            turns = [(k, _block(worker, sides[k])) for k in (first, 1 - first, 1 - first, first)]
            pairs += [_as_pair(turns[:2]), _as_pair(turns[2:])]
        for side in sides:
            worker.ask(Unload(side.engine), Unloaded)
        return pairs

    def _loaded(self, worker: Asks) -> list[_Side]:
        """Both models, loaded in random order: the later one may get the worse memory."""
        loaded: dict[int, _Side] = {}
        for k in self._order.sample((A, B), 2):
            loaded[k] = self._load(worker, self._contestants[k])
        return [loaded[A], loaded[B]]

    def _load(self, worker: Asks, contestant: Contestant) -> _Side:
        condition = contestant.condition
        request = Load(
            str(contestant.model), condition.runtime, condition.threads, condition.kernels, self._protocol.seed
        )
        try:
            answer = worker.ask(request, Loaded)
        except WorkerFailedError as error:
            raise WorkerFailedError(error.kind, f"{contestant.name}: {error}", error.detail) from None
        invocation_ns = warmed_up(worker, answer, self._protocol.warm_up_s).invocation_ns
        return _Side(answer.engine, invocation_ns, group_size(invocation_ns, self._clock_step_ns))


class _Side(NamedTuple):
    engine: int
    invocation_ns: float
    group: int

    @property
    def samples(self) -> int:
        """Kept per block: one of a slow model is enough, its noise is small."""
        return max(1, int(TARGET_BLOCK_NS / (self.invocation_ns * self.group)))

    @property
    def block_ns(self) -> float:
        """With the sample that is dropped."""
        return (self.samples + 1) * self.group * self.invocation_ns


def _rounds(share_ns: float, block_ns: Sequence[float]) -> int:
    both_twice_ns = 2 * sum(block_ns)
    return max(FEWEST_ROUNDS, min(MOST_ROUNDS, int(share_ns / both_twice_ns)))


def _block(worker: Asks, side: _Side) -> float:
    """Median latency of a block; its first sample pays for the change of model and is dropped."""
    sampled = worker.ask(Run(side.engine, side.samples + 1, side.group), Sampled)
    return float(np.median(sampled.duration_ns[1:])) / side.group


def _as_pair(turns: Sequence[tuple[int, float]]) -> tuple[float, float]:
    by_side = dict(turns)
    return by_side[A], by_side[B]


def judged(latencies: BlockLatencies, threshold: float) -> Duel:
    """The ratio over pairs nested in instances and processes, and what it says at a threshold."""
    of_a, of_b = (
        [[[np.array([pair[k] for pair in instance])] for instance in process] for process in latencies] for k in (A, B)
    )
    interval = nested_ratio(of_a, of_b).interval
    everything = np.array([pair for process in latencies for instance in process for pair in instance])
    return Duel(
        ratio=interval.estimate,
        low=interval.low,
        high=interval.high,
        verdict=verdict(interval, threshold),
        threshold=threshold,
        median_a_ns=float(np.median(everything[:, A])),
        median_b_ns=float(np.median(everything[:, B])),
        processes=len(latencies),
        instances=sum(map(len, latencies)),
        pairs=len(everything),
    )
