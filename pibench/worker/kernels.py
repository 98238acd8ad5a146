"""The roof's kernels, run in a worker."""

from __future__ import annotations

import numpy as np

from pibench import _native
from pibench.errors import EngineError, EngineMemoryError
from pibench.worker.protocol import KernelSampled, RunKernel


def run_kernel(request: RunKernel) -> KernelSampled:
    """Take samples on native threads of their own. Raises EngineError and its kinds."""
    start_ns, duration_ns = np.empty(request.samples, np.int64), np.empty(request.samples, np.int64)
    try:
        multiply_adds = _native.run_roof_kernel(
            request.kernel,
            start_ns,
            duration_ns,
            request.repetitions,
            request.threads,
            request.cpus,
            request.length,
        )
    except MemoryError:
        raise EngineMemoryError(
            f"there is too little memory for three arrays of {request.length} elements"
            f" in each of {request.threads} threads: stop other programs"
        ) from None
    except OSError as error:
        raise EngineError(f"{request.threads} threads could not be started: {error.strerror}; ask for fewer") from None
    # The kernel's results count what was done; an optimiser that skipped something would show here.
    per_sample, rest = divmod(multiply_adds, request.samples)
    if rest or not per_sample:
        raise EngineError(f"the kernel {request.kernel} did {multiply_adds} multiply-adds in {request.samples} samples")
    instructions, _ = _native.roof_kernels(request.kernel)[0]
    return KernelSampled(start_ns.tolist(), duration_ns.tolist(), per_sample, instructions)
