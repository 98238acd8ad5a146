"""The samples of a roofline: kernels and thread counts in turns, in several fresh processes."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from pibench.measure.asks import Asks
from pibench.roofline.model import WorkingSets
from pibench.roofline.working_sets import elements
from pibench.worker.protocol import KernelName, KernelSampled, Prepare, Prepared, RunKernel

Quantity = Literal["float32", "int8", "bandwidth", "cache_bandwidth"]
QUANTITIES: tuple[Quantity, ...] = ("float32", "int8", "bandwidth", "cache_bandwidth")

# Long beside the threads' common start, which takes a microsecond or two, and shorter than what a scheduler gives
# other work at a time: on a busy machine samples of 4 ms showed half the peak, of 1 ms all of it.
SAMPLE_NS = 1_000_000
BLOCK_NS = 40_000_000
# Of a block, where one pass over memory takes longer than a sample.
FEWEST_SAMPLES = 4
MOST_SAMPLES = 40
# Before the first: a clock that rests takes some time to rise.
WARM_UP_NS = 100_000_000
# Up to so many a result counts exactly; the triad's goes on from sample to sample.
MOST_REPETITIONS = 1 << 22
_FIRST_REPETITIONS = 1000
_WARM_UP_REPETITIONS = 100_000


class Case(NamedTuple):
    """What is measured: a kernel on so many threads, each with arrays of ``length`` elements."""

    quantity: Quantity
    kernel: KernelName
    threads: int
    cpus: tuple[int, ...]
    length: int


class Block(NamedTuple):
    """How a block of a case is taken: samples that count, and repetitions in each."""

    samples: int
    repetitions: int


class Samples(NamedTuple):
    """By case, for each process, its blocks of ns per multiply-add; when the first began and the last ended."""

    ns: Mapping[Case, Sequence[Sequence[npt.NDArray[np.float64]]]]
    instructions: Mapping[KernelName, str]
    begin_ns: int
    end_ns: int


def cases_of(threads: Sequence[int], cpus: Sequence[int], sets: WorkingSets) -> list[Case]:
    """Every quantity on every count of threads; the first of ``cpus`` are those of fewer threads."""
    return [_case(quantity, count, tuple(cpus[:count]), sets) for count in threads for quantity in QUANTITIES]


def _case(quantity: Quantity, threads: int, cpus: tuple[int, ...], sets: WorkingSets) -> Case:
    if quantity == "bandwidth":
        return Case(quantity, "triad", threads, cpus, elements(sets.memory_bytes // threads))
    if quantity == "cache_bandwidth":
        return Case(quantity, "triad", threads, cpus, elements(sets.cache_bytes))
    return Case(quantity, quantity, threads, cpus, 0)


class RoofSampler:
    """Takes the samples of all cases. ``progress`` hears of each block before it is taken."""

    def __init__(
        self,
        cases: Sequence[Case],
        *,
        worker: Callable[[float], AbstractContextManager[Asks]],
        processes: int,
        rounds: int,
        seed: int,
        timeout_s: float,
        progress: Callable[[int, int], None],
    ) -> None:
        self._cases = cases
        self._worker = worker
        self._processes = processes
        self._rounds = rounds
        self._timeout_s = timeout_s
        self._progress = progress
        self._order = random.Random(seed)
        self._plans: dict[Case, Block] = {}
        self._ns: dict[Case, list[list[npt.NDArray[np.float64]]]] = {case: [] for case in cases}
        self._instructions: dict[KernelName, str] = {}
        self._spans: list[tuple[int, int]] = []
        self._blocks = 0

    def run(self) -> Samples:
        """Raises WorkerFailedError when a worker does not survive, or cannot do what it is asked."""
        for _ in range(self._processes):
            with self._worker(self._timeout_s) as worker:
                self._sample_process(worker)
        begins_ns, ends_ns = zip(*self._spans, strict=True)
        return Samples(self._ns, self._instructions, min(begins_ns), max(ends_ns))

    def _sample_process(self, worker: Asks) -> None:
        cpus = tuple(sorted({cpu for case in self._cases for cpu in case.cpus}))
        worker.ask(Prepare(cpus), Prepared)
        self._warm_up(worker)
        if not self._plans:
            self._plans = {case: self._calibrated(worker, case) for case in self._cases}
        for case in self._cases:
            self._ns[case].append([])
        for _ in range(self._rounds):
            for case in self._order.sample(self._cases, len(self._cases)):
                self._progress(self._blocks, self._processes * self._rounds * len(self._cases))
                self._ns[case][-1].append(self._block(worker, case))
                self._blocks += 1

    def _warm_up(self, worker: Asks) -> None:
        """All cores that will be used, by arithmetic."""
        case = max(self._cases, key=lambda case: (not case.length, case.threads))
        spent_ns = 0
        while spent_ns < WARM_UP_NS:
            spent_ns += sum(self._ask(worker, case, Block(1, _WARM_UP_REPETITIONS)).duration_ns)

    def _block(self, worker: Asks, case: Case) -> npt.NDArray[np.float64]:
        """Time per multiply-add; without the first sample, which meets cold caches."""
        taken = self._ask(worker, case, self._plans[case])
        self._instructions[case.kernel] = taken.instructions
        self._spans.append((taken.start_ns[0], taken.start_ns[-1] + taken.duration_ns[-1]))
        return np.maximum(np.asarray(taken.duration_ns[1:], float), 1.0) / taken.multiply_adds

    def _calibrated(self, worker: Asks, case: Case) -> Block:
        """Repetitions that make a sample take SAMPLE_NS or more, and samples that fill BLOCK_NS."""
        repetitions, most = _FIRST_REPETITIONS, MOST_REPETITIONS
        if case.length:
            repetitions, most = 1, MOST_REPETITIONS // (MOST_SAMPLES + 1)
        while True:
            took_ns = max(1, self._ask(worker, case, Block(1, repetitions)).duration_ns[-1])
            wanted = min(most, max(repetitions, round(repetitions * SAMPLE_NS / took_ns)))
            if wanted <= 2 * repetitions:
                samples = BLOCK_NS * repetitions // (took_ns * wanted)
                return Block(min(max(samples, FEWEST_SAMPLES), MOST_SAMPLES), wanted)
            # An estimate from too short a sample is not to be trusted far.
            repetitions = min(wanted, 100 * repetitions)

    def _ask(self, worker: Asks, case: Case, block: Block) -> KernelSampled:
        """The samples of a block, with one before them."""
        samples = block.samples + 1
        request = RunKernel(case.kernel, samples, block.repetitions, case.threads, case.cpus, case.length)
        return worker.ask(request, KernelSampled)
