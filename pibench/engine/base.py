"""The one interface over all runtimes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pibench import _native
from pibench.engine.profile import Profile, folded
from pibench.errors import EngineError
from pibench.graph import TensorSpec

_UNWATCHED: AbstractContextManager[object] = nullcontext()


class Tensor(NamedTuple):
    """An input or output of a loaded model."""

    name: str
    spec: TensorSpec


class Samples(NamedTuple):
    """A run's raw samples: begin (CLOCK_MONOTONIC) and duration of ``group`` invocations each, in ns."""

    start_ns: npt.NDArray[np.int64]
    duration_ns: npt.NDArray[np.int64]
    group: int


def take_samples(
    loop: _native.Engine,
    samples: int,
    group: int = 1,
    period_ns: int = 0,
    extra_chain: int = 0,
    watch: AbstractContextManager[object] = _UNWATCHED,
) -> Samples:
    """Run a native loop into fresh arrays, without the GIL.

    ``period_ns``: sample k begins k periods after the first, or at once when late; 0: back to
    back. ``extra_chain``: steps of the fixed reference that each invocation takes in addition.
    ``watch`` is entered just before the loop and left just after it.
    """
    # Filled, so that the loop does not fault their pages in between samples.
    result = Samples(np.full(samples, 0, np.int64), np.full(samples, 0, np.int64), group)
    with watch:
        loop.run(result.start_ns, result.duration_ns, group, period_ns, extra_chain)
    return result


class Engine(ABC):
    """One model loaded in one runtime under one set of options.

    What a sample times is the runtime's invoke call alone: no copy of inputs or outputs, no
    Python. Methods raise EngineError and its kinds. Close it, or use it as a context manager.
    """

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    _closed = False

    @property
    @abstractmethod
    def fully_delegated(self) -> bool:
        """Whether XNNPACK runs every operation."""

    def write_input(self, index: int, values: npt.NDArray[Any]) -> None:
        """Set an input. Raises ValueError unless shape and dtype are the tensor's."""
        self._check_open()
        tensor = _at(self.inputs, index, "input")
        if values.shape != tensor.spec.shape or values.dtype != tensor.spec.dtype:
            raise ValueError(
                f"input {tensor.name!r} takes {tensor.spec.dtype} of shape {tensor.spec},"
                f" not {values.dtype} of shape {TensorSpec(values.shape)}"
            )
        self._write(index, values)

    def read_output(self, index: int) -> npt.NDArray[Any]:
        """A copy of an output as the last invocation left it."""
        self._check_open()
        _at(self.outputs, index, "output")
        return self._read(index)

    @abstractmethod
    def _write(self, index: int, values: npt.NDArray[Any]) -> None: ...

    @abstractmethod
    def _read(self, index: int) -> npt.NDArray[Any]: ...

    def _check_open(self) -> None:
        if self._closed:
            raise EngineError("this engine is closed")

    @property
    @abstractmethod
    def _loop(self) -> _native.Engine:
        """The native loop around the runtime's invocation."""

    def run(
        self,
        samples: int,
        group: int = 1,
        period_ns: int = 0,
        extra_chain: int = 0,
        watch: AbstractContextManager[object] = _UNWATCHED,
    ) -> Samples:
        """Take samples of ``group`` invocations each, without the GIL; see ``take_samples``."""
        self._check_open()
        return take_samples(self._loop, samples, group, period_ns, extra_chain, watch)

    def profile(self) -> Profile:
        """What the runtime's profiler told of the latest run; raises EngineError where it was not asked to."""
        self._check_open()
        return folded(*self._loop.events())

    def close(self) -> None:
        """Release the model and its memory."""
        self._closed = True
        self._loop.close()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _at(tensors: tuple[Tensor, ...], index: int, what: str) -> Tensor:
    if not 0 <= index < len(tensors):
        raise IndexError(f"there is no {what} {index}: the model has {len(tensors)}")
    return tensors[index]


def seeded_input(spec: TensorSpec, seed: int) -> npt.NDArray[Any]:
    """Reproducible values of a tensor's type: standard normal, or uniform over an integer's range."""
    rng = np.random.default_rng(seed)
    dtype = np.dtype(spec.dtype)
    if dtype.kind == "f":
        return rng.standard_normal(spec.shape, np.float32).astype(dtype, copy=False)
    if dtype.kind in "iu" and dtype.itemsize <= 2:
        info = np.iinfo(dtype)
        return rng.integers(info.min, info.max, spec.shape, dtype, endpoint=True)
    # Wider integers are indices as a rule (embeddings, gathers): only 0 and 1 are safe for all.
    return rng.integers(0, 2, spec.shape).astype(dtype)
