"""The roofline model (Williams, Waterman & Patterson 2009) of a board, from measured peaks.

Work that does so many operations for each byte it moves can go no faster than the arithmetic's
peak, nor than memory brings those bytes.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from pibench.device import Device
from pibench.errors import RooflineError
from pibench.report.model import Tool
from pibench.report.samples import Count, Struct

ROOFLINE_VERSION = 1

Dtype = Literal["float32", "int8"]
RooflineDoubtKind = Literal[
    "throttled",
    "wide_interval",
    "one_process",
    "arrays_fit_in_cache",
    "busy_machine",
    "oversubscribed",
    "poor_scaling",
]


class Rate(Struct, frozen=True, kw_only=True):
    """Per second: the median as ``figure`` of pibench.measure.summary has it, its 95 % interval, the best sample."""

    median: float
    low: float
    high: float
    best: float

    @property
    def relative_half_width(self) -> float:
        return (self.high - self.low) / 2 / self.median


class Roof(Struct, frozen=True, kw_only=True):
    """What so many threads do at the most, all together.

    ``peak_float32`` in FLOP/s and ``peak_int8`` in OP/s, two for each multiply-add. ``bandwidth``
    in bytes/s, of a triad a = b + s*c over float32 arrays far larger than the caches, 12 bytes per
    element as STREAM counts: a line that is fetched before it is written is not. ``cache_bandwidth``:
    the same over arrays that stay in the second-level cache. ``cpus``: the core of each thread, or
    nothing where that was left to the scheduler.
    """

    threads: Annotated[int, Meta(ge=1)]
    cpus: tuple[Count, ...] = ()
    peak_float32: Rate
    peak_int8: Rate
    bandwidth: Rate
    cache_bandwidth: Rate

    def peak(self, dtype: Dtype) -> Rate:
        return self.peak_float32 if dtype == "float32" else self.peak_int8


class WorkingSets(Struct, frozen=True, kw_only=True):
    """Bytes of the triad's three arrays together: for memory of all threads, for the cache of each thread.

    ``second_level_bytes``, ``last_level_bytes``: the caches that the threads of the largest count may use; None
    where the system does not tell.
    """

    memory_bytes: Count
    cache_bytes: Count
    second_level_bytes: Count | None = None
    last_level_bytes: Count | None


class Instructions(Struct, frozen=True, kw_only=True):
    """What each figure was reached with: the best of the instructions that this processor has and pibench knows.

    It knows no matrix instructions (AMX, SMMLA): kernels that use them may go beyond the int8 peak.
    """

    float32: str
    int8: str
    triad: str


class RooflineDoubt(Struct, frozen=True, kw_only=True):
    """Something a reader should know. A ``grave`` one makes the roof untrusted."""

    kind: RooflineDoubtKind
    message: str
    grave: bool = False


class Roofline(Struct, frozen=True, kw_only=True):
    """A board's roofs by thread count."""

    roofline_version: Literal[1] = 1
    tool: Tool
    created: str
    device: Device
    processes: Annotated[int, Meta(ge=1)]
    instructions: Instructions
    working_sets: WorkingSets
    roofs: tuple[Roof, ...]
    doubts: tuple[RooflineDoubt, ...] = ()

    def roof(self, threads: int) -> Roof:
        """The roof of so many threads. Raises RooflineError where it was not measured."""
        for roof in self.roofs:
            if roof.threads == threads:
                return roof
        known = ", ".join(str(roof.threads) for roof in self.roofs)
        raise RooflineError(
            f"the roof of {threads} threads is unknown, only of {known}: measure it with"
            f" pibench roofline --threads {threads}"
        )

    def attainable(self, threads: int, dtype: Dtype, operations_per_byte: float) -> float:
        """Operations per second (two per multiply-add) that work of this intensity could reach.

        ``operations_per_byte``: of the bytes that come from memory. Raises RooflineError.
        """
        roof = self.roof(threads)
        return min(roof.peak(dtype).median, operations_per_byte * roof.bandwidth.median)

    def ridge_point(self, threads: int, dtype: Dtype) -> float:
        """Operations per byte from which on arithmetic is the limit and memory no longer. Raises RooflineError."""
        roof = self.roof(threads)
        return roof.peak(dtype).median / roof.bandwidth.median
