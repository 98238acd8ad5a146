"""A model loaded in a worker: warmed up, sampled block by block, released."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from hashlib import sha256
from itertools import chain
from pathlib import Path

import msgspec

from pibench.measure.asks import Asks
from pibench.measure.loading import load, setup_of
from pibench.measure.settle import group_size, settle
from pibench.report.model import Condition, Protocol
from pibench.report.samples import Measurement, Reference, ThreadRecord, Usage
from pibench.worker.protocol import (
    Inspect,
    Inspected,
    OutputSample,
    Run,
    RunReference,
    Sampled,
    Unload,
    Unloaded,
)

_SECOND_NS = 1_000_000_000
# Short, so that what changes in the machine meets all models alike; long beside the exchange
# with the worker and the sample that is dropped.
BLOCK_NS = 10_000_000
# Of a model that has its process for itself: as the thesis' tool, which knows no blocks.
ALONE_BLOCK_NS = 500_000_000
# Of a short share: a disturbance in one of them then is no more than a third of the samples.
FEWEST_BLOCKS = 3
# Of a slow model: so that the sample that is dropped does not cost as much as those that are kept.
FEWEST_IN_BLOCK = 3
# Of about 20 µs each: enough for a median, too few to be felt.
REFERENCE_SAMPLES = 5


class Model(msgspec.Struct, frozen=True):
    """A model file under a condition; ``index`` is its result's place in the report.

    ``memory_bytes``: what loading it took before, 0 if it never was.
    """

    index: int
    path: Path
    condition: Condition
    memory_bytes: int = 0


class Taken(msgspec.Struct, frozen=True):
    """What one instance of a model gave: its samples, and its outputs as often as they were looked at."""

    index: int
    measurement: Measurement
    outputs: tuple[tuple[OutputSample, ...], ...]


class Instance:
    """Loads and warms up on creation. Methods raise WorkerFailedError when the worker does not survive them."""

    def __init__(
        self, worker: Asks, model: Model, protocol: Protocol, *, process: int, number: int, clock_step_ns: int
    ) -> None:
        self.model = model
        self._worker = worker
        self._protocol = protocol
        self._process = process
        self._number = number
        self._loaded = load(worker, model.path, model.condition, protocol.seed)
        self._outputs = [worker.ask(Inspect(self._loaded.engine), Inspected).outputs]
        # Known at the end: what was seen so far proves nothing.
        self._threads: tuple[ThreadRecord, ...] = ()
        settled = settle(
            worker, self._loaded.engine, protocol.warm_up_s, protocol.warm_up_limit_s, clock_step_ns=clock_step_ns
        )
        self._warm_up = settled.warm_up
        self._group = group_size(settled.invocation_ns, clock_step_ns)
        self._sample_ns = settled.invocation_ns * self._group
        # Where nothing ran in between, no first sample pays for a change of model.
        self._dropped = 1 if protocol.interleaved else 0
        share_ns = protocol.share_s * _SECOND_NS
        self._block_ns = min(BLOCK_NS, share_ns / FEWEST_BLOCKS) if protocol.interleaved else ALONE_BLOCK_NS
        self._references: list[Sampled] = []
        self._blocks: list[Sampled] = []
        self.samples = 0
        self._spent_ns = 0

    @property
    def fraction(self) -> float:
        """Of its share of time and of samples that is done, from 0 to 1."""
        if self.samples >= self._protocol.max_samples:
            return 1.0
        of_time = self._spent_ns / (self._protocol.share_s * _SECOND_NS)
        return min(of_time, self.samples / self._protocol.min_samples, 1.0)

    def block(self) -> None:
        """Sample the fixed reference, then the model; its first sample pays for the change of model and is dropped."""
        engine = self._loaded.engine
        self._references.append(self._worker.ask(RunReference(REFERENCE_SAMPLES, engine), Sampled))
        sampled = self._worker.ask(Run(engine, self._dropped + self._block_length(), self._group), Sampled)
        # In one piece, so that an interruption leaves whole blocks.
        self._blocks.append(sampled)
        self.samples += len(sampled.duration_ns) - self._dropped
        self._spent_ns += max(sum(sampled.duration_ns), 1)

    def _block_length(self) -> int:
        fitting = max(FEWEST_IN_BLOCK, int(self._block_ns / self._sample_ns))
        return min(fitting, self._protocol.max_samples - self.samples)

    def release(self) -> None:
        """Look at threads and outputs once more, then unload."""
        inspected = self._worker.ask(Inspect(self._loaded.engine), Inspected)
        self._threads = inspected.threads
        self._outputs.append(inspected.outputs)
        self._worker.ask(Unload(self._loaded.engine), Unloaded)

    def taken(self) -> Taken:
        """What there is so far."""
        start_ns = [block.start_ns[self._dropped :] for block in self._blocks]
        duration_ns = [block.duration_ns[self._dropped :] for block in self._blocks]
        usages = [block.usage for block in self._blocks if block.usage is not None]
        measurement = Measurement(
            process=self._process,
            instance=self._number,
            setup=setup_of(self._loaded),
            warm_up=self._warm_up,
            group=self._group,
            blocks=tuple(map(len, duration_ns)),
            start_ns=tuple(chain.from_iterable(start_ns)),
            duration_ns=tuple(chain.from_iterable(duration_ns)),
            reference=Reference(
                start_ns=tuple(chain.from_iterable(reference.start_ns for reference in self._references)),
                duration_ns=tuple(chain.from_iterable(reference.duration_ns for reference in self._references)),
            ),
            usage=reduce(added, usages, Usage(invocations=0)),
            threads=self._threads,
            output_digest=digest_of(self._outputs[-1]),
        )
        return Taken(self.model.index, measurement, tuple(self._outputs))


def digest_of(outputs: Sequence[OutputSample]) -> str:
    """SHA-256 over the digests of all outputs."""
    return sha256("".join(output.digest for output in outputs).encode()).hexdigest()


def added(first: Usage, second: Usage) -> Usage:
    """Both together; what one of them lacks is unknown of both."""
    migrations = None
    if second.migrations is not None and (first.migrations is not None or not first.invocations):
        migrations = (first.migrations or 0) + second.migrations
    names = second.hardware.keys() & (first.hardware.keys() if first.invocations else second.hardware.keys())
    return Usage(
        invocations=first.invocations + second.invocations,
        voluntary_switches=first.voluntary_switches + second.voluntary_switches,
        involuntary_switches=first.involuntary_switches + second.involuntary_switches,
        minor_faults=first.minor_faults + second.minor_faults,
        major_faults=first.major_faults + second.major_faults,
        migrations=migrations,
        hardware={name: first.hardware.get(name, 0) + second.hardware[name] for name in sorted(names)},
    )
