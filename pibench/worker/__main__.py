"""The worker process: the only place where a runtime is loaded, and so can crash.

``python -m pibench.worker`` reads requests from stdin until it ends.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from typing import BinaryIO

import msgspec
import numpy as np
import numpy.typing as npt

from pibench import _native
from pibench.engine import open_engine
from pibench.engine.base import Engine, Samples, seeded_input
from pibench.engine.reference import sample_reference
from pibench.errors import (
    EngineError,
    EngineMemoryError,
    InvalidModelError,
    PibenchError,
    RuntimeMissingError,
    UnsupportedModelError,
)
from pibench.memory import peak_memory_bytes
from pibench.report.model import FailureKind
from pibench.worker.protocol import (
    Clock,
    Failed,
    Load,
    Loaded,
    ProbeClock,
    Request,
    Response,
    Run,
    RunReference,
    Sampled,
    Unload,
    Unloaded,
)

CLOCK_SAMPLES = 10_001

_KINDS: list[tuple[type[PibenchError], FailureKind]] = [
    (UnsupportedModelError, "unsupported"),
    (InvalidModelError, "invalid_model"),
    (EngineMemoryError, "memory"),
    (RuntimeMissingError, "runtime_missing"),
]

_PR_SET_PDEATHSIG = 1


class Server:
    """Answers requests about the engines it holds, by number."""

    def __init__(self) -> None:
        self._engines: dict[int, Engine] = {}
        self._loaded_so_far = 0

    def answer(self, request: Request) -> Response:
        """Carry a request out; what pibench can explain is an answer too, anything else ends the worker."""
        try:
            return self._answer(request)
        except PibenchError as error:
            return Failed(next((kind for known, kind in _KINDS if isinstance(error, known)), "error"), str(error))
        except MemoryError:
            return Failed("memory", "there is too little memory for the model's inputs")

    def _answer(self, request: Request) -> Response:
        if isinstance(request, Load):
            return self._load(request)
        if isinstance(request, Run):
            return _sampled(self._engine(request.engine).run(request.samples, request.group))
        if isinstance(request, Unload):
            self._engine(request.engine).close()
            del self._engines[request.engine]
            return Unloaded()
        if isinstance(request, RunReference):
            return _sampled(sample_reference(request.samples))
        assert isinstance(request, ProbeClock)
        return probe_clock()

    def _engine(self, number: int) -> Engine:
        if number not in self._engines:
            raise EngineError(f"no model is loaded as number {number}")
        return self._engines[number]

    def _load(self, request: Load) -> Loaded:
        baseline = peak_memory_bytes()
        begin = time.monotonic_ns()
        engine = open_engine(request.runtime, request.path, request.threads, request.kernels)
        load_ns = time.monotonic_ns() - begin
        try:
            for index, tensor in enumerate(engine.inputs):
                engine.write_input(index, seeded_input(tensor.spec, request.seed + index))
            first = engine.run(1)
        except BaseException:
            engine.close()
            raise
        self._loaded_so_far += 1
        self._engines[self._loaded_so_far] = engine
        return Loaded(
            engine=self._loaded_so_far,
            load_ns=load_ns,
            first_inference_ns=int(first.duration_ns[0]),
            baseline_memory_bytes=baseline,
            peak_memory_bytes=peak_memory_bytes(),
            fully_delegated=engine.fully_delegated,
        )

    def close(self) -> None:
        """Release all models."""
        for engine in self._engines.values():
            engine.close()
        self._engines.clear()


def _sampled(samples: Samples) -> Sampled:
    return Sampled(samples.start_ns.tolist(), samples.duration_ns.tolist())


def probe_clock() -> Clock:
    start, duration = np.empty(CLOCK_SAMPLES, np.int64), np.empty(CLOCK_SAMPLES, np.int64)
    _native.time_nothing(start, duration)
    return Clock(
        step_ns=_native.clock_step_ns(),
        pair_ns=_median_of_means(duration),
        sample_ns=_median_of_means(np.diff(start)),
    )


def _median_of_means(values_ns: npt.NDArray[np.int64], batch: int = 100) -> float:
    """Finer than the clock's step, which a median of single values is not."""
    whole = values_ns[: len(values_ns) // batch * batch]
    return float(np.median(whole.reshape(-1, batch).mean(axis=1)))


def serve(requests: BinaryIO, responses: BinaryIO) -> None:
    """Answer every line of ``requests`` with a line of ``responses``."""
    encoder, decoder = msgspec.json.Encoder(), msgspec.json.Decoder(Request)
    server = Server()
    try:
        for line in requests:
            responses.write(encoder.encode(server.answer(decoder.decode(line))) + b"\n")
            responses.flush()
    finally:
        server.close()


def _die_with_parent() -> None:
    """Ends this process when the one that started it ends, even if a model hangs in native code."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def main() -> None:
    """Serve the parent until it closes the pipe or ends."""
    _die_with_parent()
    # Runtimes print to stdout as they please: they get stderr, the answers keep the pipe.
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as responses:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        serve(sys.stdin.buffer, responses)


if __name__ == "__main__":
    main()
