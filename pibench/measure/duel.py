"""Two cases against each other: in the same processes, in short blocks, A B B A."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from pathlib import Path
from typing import Annotated, NamedTuple, TypeVar

import msgspec
import numpy as np
from msgspec import Meta

from pibench.measure.agreement import Outputs
from pibench.measure.asks import Asks
from pibench.measure.loading import load
from pibench.measure.settle import group_size, settle
from pibench.report.model import DEFAULT_TIMEOUT_S, Condition
from pibench.report.samples import ThreadRecord
from pibench.stats import nested_ratio, verdict
from pibench.stats.paired import Verdict
from pibench.worker.client import WorkerFailedError
from pibench.worker.protocol import (
    Clock,
    Inspect,
    Inspected,
    Loaded,
    Prepare,
    Prepared,
    ProbeClock,
    Request,
    Run,
    Sampled,
    Unload,
    Unloaded,
)

R = TypeVar("R", bound=msgspec.Struct)

_SECOND_NS = 1_000_000_000
# Short, so that what changes in the machine meets both alike; long beside the exchange with the worker.
TARGET_BLOCK_NS = 1_000_000
# The first invocation after a change of model takes 10 to 80 µs longer (measured, 0.4 to 7 ms): of
# this much 1.5 % at most, and only what A and B differ by in it reaches the ratio. Twice the
# samples halved the error of a 7 ms model on a busy machine.
UNHURT_INVOCATION_NS = 5_000_000
# Of more, only the memory for the samples would grow: processes are the unit of the interval.
MOST_ROUNDS = 2000
# A worker that waits for its turn holds some 30 MB; a Pi 3 has 1 GB for all.
MOST_ABREAST = 4
A, B = 0, 1


class Contestant(NamedTuple):
    """A model file under a condition, and what people call them.

    ``unread_because``: what our own reader found wrong with the file. ``extra_chain``: steps of
    the fixed reference added to each invocation, a slowdown of known length.
    """

    name: str
    model: Path
    condition: Condition
    unread_because: str = ""
    extra_chain: int = 0


class DuelProtocol(msgspec.Struct, frozen=True, kw_only=True):
    """How two cases are compared.

    In each of ``processes`` fresh processes, ``instances`` times, both are loaded afresh, warmed
    up for ``warm_up_s``, and sampled in blocks in the order A B B A or B A A B, drawn from
    ``seed``, for its share of ``seconds``, one round of four blocks at the least.
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


def processes_abreast() -> int:
    """How many may start at once here."""
    return min(len(os.sched_getaffinity(0)), MOST_ABREAST)


class Sight(msgspec.Struct):
    """What was seen of one side: whether XNNPACK ran every operation, its threads, and its outputs, by process."""

    delegated: bool = True
    threads: list[ThreadRecord] = []
    outputs: list[Outputs] = []


class DuelSamples(NamedTuple):
    """What was sampled, how long that took in all, and what was seen of A and of B."""

    latencies: BlockLatencies
    sampling_ns: int
    sights: tuple[Sight, Sight]


class DuelSampler:
    """Takes the samples of a comparison. ``progress`` hears of each pair of instances.

    ``abreast``: how many processes may start at once. All have started before one is sampled.
    """

    def __init__(
        self,
        contestants: tuple[Contestant, Contestant],
        protocol: DuelProtocol,
        *,
        worker: Callable[[float], AbstractContextManager[Asks]],
        progress: Callable[[int, int], None] = lambda number, total: None,
        abreast: int = 1,
    ) -> None:
        self._contestants = contestants
        self._protocol = protocol
        self._worker = worker
        self._progress = progress
        self._abreast = abreast
        self._order = random.Random(protocol.seed)
        self._sights = (Sight(), Sight())
        self._sampling_ns = 0

    def run(self) -> DuelSamples:
        """All pairs (A, B) of block latencies. Raises WorkerFailedError when a worker does not survive."""
        latencies: BlockLatencies = []
        # Closed, so that an error ends all workers at once and not when its traceback is forgotten.
        with closing(self._workers()) as workers:
            for worker, clock_step_ns in workers:
                pairs: list[list[tuple[float, float]]] = []
                for _ in range(self._protocol.instances):
                    done = len(latencies) * self._protocol.instances + len(pairs)
                    self._progress(done, self._protocol.processes * self._protocol.instances)
                    pairs.append(self._instance(worker, clock_step_ns))
                latencies.append(pairs)
        return DuelSamples(latencies, self._sampling_ns, self._sights)

    def _workers(self) -> Generator[tuple[Asks, int], None, None]:
        """Each fresh process, and the clock's step that it saw."""
        left = self._protocol.processes
        while left:
            with ExitStack() as stack:
                make = self._worker
                batch = [stack.enter_context(make(self._protocol.timeout_s)) for _ in range(min(left, self._abreast))]
                cpus = tuple(sorted({cpu for contestant in self._contestants for cpu in contestant.condition.cpus}))
                for worker in batch:
                    worker.ask(Prepare(cpus), Prepared)
                # The answers also tell that none is still starting, which would disturb the sampling.
                steps_ns = [worker.ask(ProbeClock(), Clock).step_ns for worker in batch]
                yield from zip(batch, steps_ns, strict=True)
            left -= len(batch)

    def _instance(self, worker: Asks, clock_step_ns: int) -> list[tuple[float, float]]:
        sides = self._loaded(worker, clock_step_ns)
        share_ns = self._protocol.seconds * _SECOND_NS / (self._protocol.processes * self._protocol.instances)
        begin_ns = self._sampling_ns
        pairs: list[tuple[float, float]] = []
        # By what rounds took, not by what the warm-up promised: other work may have slowed that.
        while _another_round(self._sampling_ns - begin_ns, len(pairs) // 2, share_ns):
            first = self._order.choice((A, B))
            turns = [(k, self._block(sides[k])) for k in (first, 1 - first, 1 - first, first)]
            pairs += [_as_pair(turns[:2]), _as_pair(turns[2:])]
        for side, sight in zip(sides, self._sights, strict=True):
            inspected = side.unload()
            sight.threads.extend(inspected.threads)
            sight.outputs.append(inspected.outputs)
        return pairs

    def _block(self, side: _Side) -> float:
        """Median latency of a block."""
        samples_ns = side.block()
        self._sampling_ns += sum(samples_ns)
        return float(np.median(samples_ns[side.dropped :])) / side.group

    def _loaded(self, worker: Asks, clock_step_ns: int) -> list[_Side]:
        """Both models, loaded in random order: the later one may get the worse memory."""
        loaded: dict[int, _Side] = {}
        for k in self._order.sample((A, B), 2):
            contestant = self._contestants[k]
            answer, loaded[k] = _load(_OnBehalf(worker, contestant), contestant, self._protocol, clock_step_ns)
            self._sights[k].delegated &= answer.fully_delegated
        return [loaded[A], loaded[B]]


class _OnBehalf:
    """Asks a worker for a contestant: with its slowdown, and with its name in what goes wrong."""

    def __init__(self, worker: Asks, contestant: Contestant) -> None:
        self._worker = worker
        self._contestant = contestant

    def ask(self, request: Request, expected: type[R]) -> R:
        if isinstance(request, Run):
            request = msgspec.structs.replace(request, extra_chain=self._contestant.extra_chain)
        try:
            return self._worker.ask(request, expected)
        except WorkerFailedError as error:
            raise self._named(error) from None

    def _named(self, error: WorkerFailedError) -> WorkerFailedError:
        """What our own reader found wrong with a model says more than how a runtime died of it."""
        if self._contestant.unread_because:
            detail = f"{error}\n{error.detail}".strip()
            return WorkerFailedError(error.kind, self._contestant.unread_because, detail)
        return WorkerFailedError(error.kind, f"{self._contestant.name}: {error}", error.detail)


def _load(asks: Asks, contestant: Contestant, protocol: DuelProtocol, clock_step_ns: int) -> tuple[Loaded, _Side]:
    answer = load(asks, contestant.model, contestant.condition, protocol.seed)
    invocation_ns = settle(asks, answer.engine, protocol.warm_up_s, 0, clock_step_ns).invocation_ns
    return answer, _Side(asks, answer.engine, invocation_ns, group_size(invocation_ns, clock_step_ns))


class _Side(NamedTuple):
    """A loaded contestant, and how a block of it is taken."""

    asks: Asks
    engine: int
    invocation_ns: float
    group: int

    @property
    def kept(self) -> int:
        """Samples per block: one of a slow model is enough, its noise is small."""
        return max(1, int(TARGET_BLOCK_NS / (self.invocation_ns * self.group)))

    @property
    def dropped(self) -> int:
        """The first sample pays for the change of model, where that is to be seen."""
        return 1 if self.invocation_ns < UNHURT_INVOCATION_NS else 0

    def block(self) -> list[int]:
        """A block's samples, the dropped one first."""
        return self.asks.ask(Run(self.engine, self.kept + self.dropped, self.group), Sampled).duration_ns

    def unload(self) -> Inspected:
        """Release the model; tells its threads and outputs as they were at last."""
        inspected = self.asks.ask(Inspect(self.engine), Inspected)
        self.asks.ask(Unload(self.engine), Unloaded)
        return inspected


def _another_round(spent_ns: float, rounds: int, share_ns: float) -> bool:
    """Whether one more of the same length still fits."""
    return rounds == 0 or (rounds < MOST_ROUNDS and spent_ns * (rounds + 1) / rounds <= share_ns)


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
