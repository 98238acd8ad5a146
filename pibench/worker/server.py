"""What a worker does when it is asked."""

from __future__ import annotations

import os

import numpy as np
import numpy.typing as npt

from pibench import _native
from pibench.engine.reference import sample_reference
from pibench.errors import (
    EngineError,
    EngineMemoryError,
    InvalidModelError,
    PibenchError,
    RuntimeMissingError,
    UnsupportedModelError,
)
from pibench.report.model import FailureKind
from pibench.worker import privileges
from pibench.worker.inference import infer
from pibench.worker.kernels import run_kernel
from pibench.worker.loaded import LoadedModel
from pibench.worker.protocol import (
    Clock,
    Failed,
    Infer,
    Inspect,
    Load,
    Loaded,
    Prepare,
    Prepared,
    ProbeClock,
    ReadProfile,
    Request,
    Response,
    Run,
    RunKernel,
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
    (privileges.NotPermittedError, "not_permitted"),
]


class Server:
    """Answers requests about the models it holds, by number."""

    def __init__(self) -> None:
        self._models: dict[int, LoadedModel] = {}
        self._loaded_so_far = 0
        self._home = os.sched_getaffinity(0)

    def answer(self, request: Request) -> Response:
        """Carry a request out; what pibench can explain is an answer too, anything else ends the worker."""
        try:
            return self._answer(request)
        except PibenchError as error:
            return Failed(next((kind for known, kind in _KINDS if isinstance(error, known)), "error"), str(error))
        except MemoryError:
            return Failed("memory", "there is too little memory for the model's inputs")

    def _answer(self, request: Request) -> Response:
        response: Response
        match request:
            case Prepare():
                response = self._prepare(request)
            case Load():
                response = self._load(request)
            case Run():
                response = self._model(request.engine).run(request)
            case Inspect():
                response = self._model(request.engine).inspect()
            case ReadProfile():
                response = self._model(request.engine).profile()
            case Infer():
                response = infer(self._model(request.engine).engine, request)
            case Unload():
                response = self._unload(request)
            case RunReference():
                if request.engine is not None:
                    self._model(request.engine).take_the_core()
                samples = sample_reference(request.samples)
                response = Sampled(samples.start_ns.tolist(), samples.duration_ns.tolist())
            case RunKernel():
                response = run_kernel(request)
            case ProbeClock():
                response = probe_clock()
        return response

    def _prepare(self, request: Prepare) -> Prepared:
        if request.cpus:
            privileges.use_cpus(request.cpus)
            self._home = set(request.cpus)
        if request.realtime:
            privileges.be_realtime()
        if request.lock_memory:
            privileges.lock_memory()
        return Prepared()

    def _model(self, number: int) -> LoadedModel:
        if number not in self._models:
            raise EngineError(f"no model is loaded as number {number}")
        return self._models[number]

    def _load(self, request: Load) -> Loaded:
        model = LoadedModel(request, self._home)
        self._loaded_so_far += 1
        self._models[self._loaded_so_far] = model
        return Loaded(
            engine=self._loaded_so_far,
            fully_delegated=model.engine.fully_delegated,
            **model.loading._asdict(),
        )

    def _unload(self, request: Unload) -> Unloaded:
        self._model(request.engine).close()
        del self._models[request.engine]
        return Unloaded()

    def close(self) -> None:
        """Release all models."""
        for model in self._models.values():
            model.close()
        self._models.clear()


def probe_clock() -> Clock:
    """What the clock resolves and costs, in ns."""
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
