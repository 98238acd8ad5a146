"""Layers under the roof (Williams, Waterman & Patterson 2009). Pure.

A layer cannot be faster than its operations at the cores' peak, nor than its bytes come and go:
from the second-level cache where all of them fit in it, since the layer before has just written them
there, else from memory. A layer that moves data only, and so has no operations to count, has the second
limit alone. Beyond 100 % is possible: the first-level cache is faster than the second, and a third
level, which few boards have, than memory.
"""

from __future__ import annotations

from pibench.report import RoofRecord
from pibench.roofline.model import Roofline

# As vendors and rooflines count: a multiplication and an addition.
OPERATIONS_PER_MAC = 2
_GIGA = 1e9


def least_ns(macs: int | None, moved_bytes: int, dtype: str, roof: RoofRecord) -> float | None:
    """The shortest time that the board allows, in ns; None where the operations or their peak are not known.

    Operations per ns are GOP/s, bytes per ns are GB/s.
    """
    if macs is None or (macs and dtype not in roof.peak_gops):
        return None
    of_operations = OPERATIONS_PER_MAC * macs / roof.peak_gops[dtype] if macs else 0.0
    return max(of_operations, moved_bytes / _bandwidth_gbs(moved_bytes, roof))


def _bandwidth_gbs(moved_bytes: int, roof: RoofRecord) -> float:
    """At which so many bytes come and go at the best."""
    fits = roof.cache_bytes is not None and moved_bytes <= roof.cache_bytes
    return max(roof.cache_gbs, roof.memory_gbs) if fits else roof.memory_gbs


def gops(macs: int | None, ns: float | None) -> float | None:
    """Operations per ns; None of layers without any."""
    return OPERATIONS_PER_MAC * macs / ns if macs and ns else None


def operations_per_byte(macs: int | None, moved_bytes: int) -> float | None:
    """The arithmetic intensity; None of layers without operations."""
    return OPERATIONS_PER_MAC * macs / moved_bytes if macs and moved_bytes else None


def roof_record(roofline: Roofline, threads: int) -> RoofRecord:
    """What a measured roofline says of so many threads. Raises PibenchError where it says nothing."""
    roof = roofline.roof(threads)
    return RoofRecord(
        peak_gops={"float32": roof.peak_float32.median / _GIGA, "int8": roof.peak_int8.median / _GIGA},
        memory_gbs=roof.bandwidth.median / _GIGA,
        cache_gbs=roof.cache_bandwidth.median / _GIGA,
        # What was measured is the second level: a last level of many times its size is much slower.
        cache_bytes=roofline.working_sets.second_level_bytes,
    )
