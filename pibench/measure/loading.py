"""Loading a model in a worker, as a condition asks for it."""

from __future__ import annotations

from pathlib import Path

from pibench.measure.asks import Asks
from pibench.report.model import Condition
from pibench.report.samples import Setup
from pibench.worker.protocol import Load, Loaded


def load(worker: Asks, model: Path, condition: Condition, seed: int, *, profile: bool = False) -> Loaded:
    """A fresh engine that has run once, its inputs drawn from ``seed``. Raises WorkerFailedError."""
    request = Load(str(model), condition.runtime, condition.threads, condition.kernels, seed, condition.cpus, profile)
    return worker.ask(request, Loaded)


def setup_of(loaded: Loaded) -> Setup:
    """What loading took, in the report's words."""
    return Setup(
        load_ns=loaded.load_ns,
        first_inference_ns=loaded.first_inference_ns,
        baseline_memory_bytes=loaded.baseline_memory_bytes,
        peak_memory_bytes=loaded.peak_memory_bytes,
        fully_delegated=loaded.fully_delegated,
    )
