"""Conditions from what people ask for: runtimes, thread counts, kernel modes and cores."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import product
from typing import Literal

import msgspec

from pibench.device.cpus import allowed_cpus, choose_cpus, format_cpus, isolated_cpus
from pibench.engine.runtimes import RUNTIMES, RuntimeName, installed_runtimes
from pibench.errors import PibenchError
from pibench.report.model import Condition

Cpus = tuple[int, ...] | Literal["auto"]
MOST_THREADS = 1024


def default_runtime() -> RuntimeName:
    """LiteRT where it is installed, else what is."""
    return next((info.name for info in installed_runtimes()), RUNTIMES[0])


def conditions_of(
    runtime: Sequence[str],
    threads: Sequence[int],
    kernels: Sequence[str],
    cpus: Cpus | None = None,
) -> list[Condition]:
    """Every combination of these lists, each thread on a core of ``cpus``. Raises PibenchError for too few cores."""
    cores = cores_of(threads, cpus)
    return [
        msgspec.convert({"runtime": r, "threads": t, "kernels": k, "cpus": cores[t]}, Condition)
        for r, t, k in product(runtime, threads, kernels)
    ]


def cores_of(threads: Collection[int], cpus: Cpus | None) -> dict[int, tuple[int, ...]]:
    """The cores for each count of threads, or nothing where the scheduler chooses.

    ``cpus``: None takes isolated cores where there are enough for all, since nothing else would
    run there, and leaves the threads to the scheduler elsewhere. Raises PibenchError for too few cores.
    """
    isolated = sorted(set(isolated_cpus()) & set(allowed_cpus()))
    # All or none: a pinned condition confines the process that others share.
    return {t: _cores(t, cpus, isolated if len(isolated) >= max(threads) else ()) for t in threads}


def _cores(threads: int, cpus: Cpus | None, isolated: Sequence[int]) -> tuple[int, ...]:
    if cpus is None:
        return choose_cpus(threads, isolated, isolated) if isolated else ()
    if cpus == "auto":
        return choose_cpus(threads, allowed_cpus(), isolated)
    if len(cpus) < threads:
        raise PibenchError(f"{threads} threads need as many cores, one each: here is {format_cpus(cpus)} only")
    return cpus[:threads]
