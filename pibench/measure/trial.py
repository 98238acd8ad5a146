"""One trial: one subject under one condition in one fresh process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol as Interface
from typing import TypeVar

import msgspec

from pibench.report.model import Condition, Measurement, Protocol, Reference, Setup
from pibench.worker.protocol import Load, Loaded, Request, Run, RunReference, Sampled

R = TypeVar("R", bound=msgspec.Struct)

# A sample this many times longer than the clock's step has a quantisation error of at most 0.1 %.
MINIMUM_STEPS_PER_SAMPLE = 1000
# Long enough that the exchange with the worker is rare, short enough for prompt progress.
BLOCK_NS = 50_000_000
# Of about 20 µs each: enough for a median, too few to be felt.
REFERENCE_SAMPLES = 5
_SECOND_NS = 1_000_000_000


class Asks(Interface):
    """What a trial needs of a worker."""

    def ask(self, request: Request, expected: type[R]) -> R: ...


def take(
    worker: Asks,
    model: Path,
    condition: Condition,
    protocol: Protocol,
    *,
    process: int,
    clock_step_ns: int,
    temperature_c: Callable[[], float | None],
) -> Measurement:
    """Load, warm up, sample. Raises WorkerFailedError when the worker does not survive it."""
    before = temperature_c()
    loaded = worker.ask(
        Load(str(model), condition.runtime, condition.threads, condition.kernels, protocol.seed), Loaded
    )
    warm_up = warmed_up(worker, loaded, protocol.warm_up_s)
    group = group_size(warm_up.invocation_ns, clock_step_ns)
    samples, reference = _sample(worker, loaded.engine, warm_up.invocation_ns * group, group, protocol)
    return Measurement(
        process=process,
        setup=Setup(
            load_ns=loaded.load_ns,
            first_inference_ns=loaded.first_inference_ns,
            baseline_memory_bytes=loaded.baseline_memory_bytes,
            peak_memory_bytes=loaded.peak_memory_bytes,
            fully_delegated=loaded.fully_delegated,
        ),
        warm_up_invocations=warm_up.invocations,
        group=group,
        start_ns=tuple(samples.start_ns),
        duration_ns=tuple(samples.duration_ns),
        reference=Reference(start_ns=tuple(reference.start_ns), duration_ns=tuple(reference.duration_ns)),
        temperatures_c=tuple(t for t in (before, temperature_c()) if t is not None),
    )


def group_size(invocation_ns: float, clock_step_ns: int) -> int:
    """Invocations per sample, so that the clock resolves a sample a thousandfold."""
    return max(1, -(-MINIMUM_STEPS_PER_SAMPLE * clock_step_ns // max(1, int(invocation_ns))))


class WarmUp(msgspec.Struct):
    """How often the model has run, and how long one invocation took at last."""

    invocations: int
    invocation_ns: float


def warmed_up(worker: Asks, loaded: Loaded, warm_up_s: float) -> WarmUp:
    """Run a loaded model until it has run for that long, its first inference included."""
    state = WarmUp(1, loaded.first_inference_ns)
    spent_ns = loaded.first_inference_ns
    # At least one run more: the first one may be many times slower than all that follow.
    while spent_ns < warm_up_s * _SECOND_NS or state.invocations < 2:
        # Growing by at most tenfold keeps one slow first run from setting the pace of the rest.
        count = min(_block_length(state.invocation_ns), 10 * state.invocations)
        block = worker.ask(Run(loaded.engine, samples=1, group=count), Sampled)
        # No invocation takes less than 1 ns, whatever a coarse clock says: this comes to an end.
        block_ns = max(block.duration_ns[0], count)
        spent_ns += block_ns
        state = WarmUp(state.invocations + count, block_ns / count)
    return state


def _sample(worker: Asks, engine: int, sample_ns: float, group: int, protocol: Protocol) -> tuple[Sampled, Sampled]:
    """Blocks of the model's samples, the fixed reference before each and after the last."""
    budget_ns = protocol.seconds / protocol.processes * _SECOND_NS
    samples, reference = Sampled([], []), Sampled([], [])
    spent_ns = 0
    while len(samples.duration_ns) < protocol.max_samples and (
        spent_ns < budget_ns or len(samples.duration_ns) < protocol.min_samples
    ):
        _extend(reference, worker.ask(RunReference(REFERENCE_SAMPLES), Sampled))
        wanted = min(_block_length(sample_ns), protocol.max_samples - len(samples.duration_ns))
        block = worker.ask(Run(engine, wanted, group), Sampled)
        _extend(samples, block)
        spent_ns += max(sum(block.duration_ns), 1)
    _extend(reference, worker.ask(RunReference(REFERENCE_SAMPLES), Sampled))
    return samples, reference


def _extend(samples: Sampled, block: Sampled) -> None:
    samples.start_ns.extend(block.start_ns)
    samples.duration_ns.extend(block.duration_ns)


def _block_length(sample_ns: float) -> int:
    return max(1, int(BLOCK_NS / max(sample_ns, 1)))
