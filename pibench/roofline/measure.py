"""A board's roofline, measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timezone

import numpy as np
import numpy.typing as npt

from pibench import __version__
from pibench.device import Device, Span, read_device
from pibench.device.caches import Cache, read_caches
from pibench.device.throttling import disturbed_spans
from pibench.errors import RooflineError
from pibench.measure.asks import Asks
from pibench.measure.board import Board, Recording
from pibench.measure.summary import figure
from pibench.memory import available_memory_bytes
from pibench.report.model import DEFAULT_TIMEOUT_S, Tool
from pibench.roofline.doubts import doubts_about
from pibench.roofline.model import Instructions, Rate, Roof, Roofline
from pibench.roofline.sampling import Case, Quantity, RoofSampler, Samples, cases_of
from pibench.roofline.working_sets import working_sets

# Of each multiply-add: two operations; or, of the triad, three numbers of four bytes.
PER_MULTIPLY_ADD: dict[Quantity, int] = {"float32": 2, "int8": 2, "bandwidth": 12, "cache_bandwidth": 12}
_SECOND_NS = 1e9


def measure_roofline(
    worker: Callable[[float], AbstractContextManager[Asks]],
    threads: Sequence[int],
    *,
    cpus: Sequence[int] = (),
    processes: int = 3,
    rounds: int = 1,
    seed: int = 0,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    progress: Callable[[int, int], None] = lambda number, total: None,
    device: Device | None = None,
    board: Board | None = None,
    caches: Sequence[Cache] | None = None,
    available_bytes: int | None = None,
) -> Roofline:
    """Peaks and bandwidths for each count of threads, over so many fresh processes of ``worker``.

    ``cpus``: a core for each thread of the largest count, smaller counts take the first of them;
    empty leaves them to the scheduler. ``rounds``: blocks of each case in each process.
    ``progress`` hears of blocks done, and of how many there are. ``device``, ``caches`` and
    ``available_bytes`` are read here where they are not given. ``board``: watched for throttling meanwhile, if given.

    Raises RooflineError for too few cores, WorkerFailedError when a worker does not survive.
    """
    counts = sorted(set(threads))
    if cpus and len(cpus) < counts[-1]:
        raise RooflineError(f"{counts[-1]} threads need as many cores, one each: there are {len(cpus)}")
    device = device or read_device()
    sets = working_sets(
        counts[-1],
        read_caches() if caches is None else caches,
        available_memory_bytes() if available_bytes is None else available_bytes,
    )
    sampler = RoofSampler(
        cases_of(counts, cpus, sets),
        worker=worker,
        processes=processes,
        rounds=rounds,
        seed=seed,
        timeout_s=timeout_s,
        progress=progress,
    )
    with board.recording() if board else nullcontext() as recording:
        samples = sampler.run()
        spans = _spans(recording, samples)
    roofs = roofs_of(samples)
    return Roofline(
        tool=Tool(name="pibench", version=__version__),
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        device=device,
        processes=processes,
        instructions=Instructions(**{str(kernel): name for kernel, name in samples.instructions.items()}),
        working_sets=sets,
        roofs=roofs,
        doubts=doubts_about(roofs, sets, device, spans, processes),
    )


def roofs_of(samples: Samples) -> tuple[Roof, ...]:
    """The samples as rates, by count of threads."""
    rates: dict[tuple[int, tuple[int, ...]], dict[Quantity, Rate]] = {}
    for case, processes_ns in samples.ns.items():
        rates.setdefault((case.threads, case.cpus), {})[case.quantity] = _rate(case, processes_ns)
    return tuple(
        Roof(
            threads=threads,
            cpus=cpus,
            peak_float32=found["float32"],
            peak_int8=found["int8"],
            bandwidth=found["bandwidth"],
            cache_bandwidth=found["cache_bandwidth"],
        )
        for (threads, cpus), found in rates.items()
    )


def _rate(case: Case, processes_ns: Sequence[Sequence[npt.NDArray[np.float64]]]) -> Rate:
    per_second = PER_MULTIPLY_ADD[case.quantity] * _SECOND_NS
    interval = figure([[blocks] for blocks in processes_ns])
    shortest_ns = min(float(block.min()) for blocks in processes_ns for block in blocks)
    return Rate(
        median=per_second / interval.estimate,
        low=per_second / interval.high,
        high=per_second / interval.low,
        best=per_second / shortest_ns,
    )


def _spans(recording: Recording | None, samples: Samples) -> tuple[Span, ...]:
    return disturbed_spans(recording.stop(), samples.begin_ns, samples.end_ns) if recording else ()
