"""How large the triad's arrays must be to measure memory, and how small to measure a cache. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pibench.device.caches import Cache
from pibench.roofline.model import WorkingSets

# Each of the three arrays four times the caches: STREAM's rule.
CACHES_PER_SET = 3 * 4
# Where no cache is told of: twelve times the largest last-level cache of a Raspberry Pi, 2 MiB, and as much again.
LEAST_BYTES = 48 << 20
# Of what is free: a board of 1 GB must go on working.
USABLE_SHARE = 0.25
# More than a first-level cache, less than a core's share of the second on any Raspberry Pi.
CACHE_BYTES_UNTOLD = 64 << 10
ELEMENT_BYTES = 3 * 4
# The widest vector's.
_LANES = 16


def working_sets(threads: int, caches: Sequence[Cache], available_bytes: int) -> WorkingSets:
    """For so many threads at the most, with so much free memory."""
    last_level_bytes = _usable_bytes(max((cache.level for cache in caches), default=0), threads, caches)
    wanted_bytes = max(LEAST_BYTES, CACHES_PER_SET * (last_level_bytes or 0))
    return WorkingSets(
        memory_bytes=min(wanted_bytes, int(USABLE_SHARE * available_bytes)),
        cache_bytes=_share_of_second_level(caches) // 2 or CACHE_BYTES_UNTOLD,
        second_level_bytes=_usable_bytes(2, threads, caches),
        last_level_bytes=last_level_bytes,
    )


def elements(set_bytes: int) -> int:
    """How many elements each of three float32 arrays has, a multiple of the widest vector."""
    return max(1, set_bytes // (ELEMENT_BYTES * _LANES)) * _LANES


def _usable_bytes(level: int, threads: int, caches: Sequence[Cache]) -> int | None:
    """Of one level, as many of its largest caches as there are threads; None where none is told of."""
    largest = sorted((cache.size_bytes for cache in caches if cache.level == level), reverse=True)
    return sum(largest[:threads]) or None


def _share_of_second_level(caches: Sequence[Cache]) -> int:
    """What one of the cores has that share it, in the smallest one; 0 where none is told of."""
    return min((cache.size_bytes // len(cache.cpus) for cache in caches if cache.level == 2), default=0)
