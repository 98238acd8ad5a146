"""A model in a runtime, ready to run itself n times. Opened in worker processes only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pibench.engine.runtimes import (
    KERNEL_MODES,
    RUNTIMES,
    KernelMode,
    RuntimeInfo,
    RuntimeName,
    find_runtime,
    installed_runtimes,
)

if TYPE_CHECKING:
    from pibench.engine.base import Engine

__all__ = [
    "KERNEL_MODES",
    "RUNTIMES",
    "KernelMode",
    "RuntimeInfo",
    "RuntimeName",
    "find_runtime",
    "installed_runtimes",
    "open_engine",
]


def open_engine(
    runtime: RuntimeName, path: str, threads: int = 1, kernels: KernelMode = "xnnpack", profile: bool = False
) -> Engine:
    """Load a .tflite file. Raises RuntimeMissingError, EngineError and its kinds.

    ``profile``: with the runtime's own profiler at work in each run. A damaged model can crash
    the process: call this in a worker.
    """
    info = find_runtime(runtime)
    if runtime == "litert":
        from pibench.engine.litert import LiteRtEngine

        return LiteRtEngine(info, path, threads, kernels, profile)
    from pibench.engine.tflite_runtime import TfliteEngine

    return TfliteEngine(info, path, threads, kernels, profile)
