"""Which channel counts to measure: a few to begin with, then where the interpolation errs the most."""

from __future__ import annotations

import math
import random
from collections.abc import Container, Sequence
from itertools import product

import numpy as np

from pibench.table.surface import MOST_AXES, Surface
from pibench.table.terms import TILES, Channels, Floats

# The fewest and the most channels of each axis.
Extent = tuple[tuple[int, int], ...]

# Sweeps along the edges say nothing of how the axes act together.
INNER_POINTS = 8
# So few are all measured: a sweep would leave out one or two.
FEW_POINTS = 8
_BASES = (2, 3, 5, 7, 11, 13)
# Tried at a time; more would only cost time.
CANDIDATES = 512
# Of the error that the closest measured points have shown, beside the one that the surface expects.
_CLOSE_OCTAVES = 1.0


def initial_design(
    extent: Extent, step: int = 1, *, count: int | None = None, known: Container[tuple[int, ...]] = ()
) -> list[tuple[int, ...]]:
    """Points that tell how each axis is tiled: a sweep along each axis, all others at their most.

    Around every tile that kernels use, a sweep has the last count that fills it, the first beyond, and one in
    the middle; then all corners, and some inside. Where there are hardly more points than corners, it is all
    of them. ``extent``: from the fewest to the most channels per axis, both multiples of ``step``. ``count``:
    as many at most, but all corners, since nothing is known beyond what was measured. ``known``: points that
    need not be measured.
    """
    corners = _corners(extent)
    others = _all_points(extent, step) if size(extent, step) <= FEW_POINTS else _sweeps(extent, step)
    first = [point for point in sorted(corners) if point not in known]
    then = [point for point in sorted(others - corners) if point not in known]
    room = len(then) if count is None else min(len(then), max(0, count - len(first)))
    return sorted(first + [then[k * len(then) // room] for k in range(room)])


def size(extent: Extent, step: int = 1) -> int:
    """How many points there are."""
    return math.prod(len(range(low, high + 1, step)) for low, high in extent)


def _all_points(extent: Extent, step: int) -> set[tuple[int, ...]]:
    return set(product(*(range(low, high + 1, step) for low, high in extent)))


def _corners(extent: Extent) -> set[tuple[int, ...]]:
    if _varied(extent) > MOST_AXES:
        return {tuple(low for low, _ in extent), tuple(high for _, high in extent)}
    return set(product(*({low, high} for low, high in extent)))


def _varied(extent: Extent) -> int:
    return sum(low < high for low, high in extent)


def _sweeps(extent: Extent, step: int) -> set[tuple[int, ...]]:
    inner = {_halton(k, extent, step) for k in range(INNER_POINTS)} if _varied(extent) > 1 else set()
    if _varied(extent) > MOST_AXES:
        return inner
    most = tuple(high for _, high in extent)
    sweeps = {
        (*most[:axis], count, *most[axis + 1 :])
        for axis, (low, high) in enumerate(extent)
        for count in _sweep(low, high, step)
    }
    return sweeps | inner


def _sweep(low: int, high: int, step: int) -> list[int]:
    counts = {low, high, _multiple((low + 3 * high) / 4, step)}
    for tile in TILES[1:]:
        counts |= {tile, tile + 1, tile + tile // 2}
    return sorted(count for count in counts if low <= count <= high and count % step == 0)


def _halton(index: int, extent: Extent, step: int) -> tuple[int, ...]:
    """The index-th point of a low-discrepancy sequence (Halton 1960) over the extent."""
    shares = [_radical_inverse(index + 1, base) for base in _BASES]
    return tuple(_multiple(low + shares[k % len(shares)] * (high - low), step) for k, (low, high) in enumerate(extent))


def _radical_inverse(number: int, base: int) -> float:
    share, weight = 0.0, 1.0
    while number:
        weight /= base
        number, digit = divmod(number, base)
        share += digit * weight
    return share


def _multiple(count: float, step: int) -> int:
    return max(1, round(count / step)) * step


def next_points(
    surface: Surface,
    measured: Sequence[tuple[int, ...]],
    extent: Extent,
    count: int,
    *,
    step: int = 1,
    seed: int = 0,
    known: Sequence[tuple[int, ...]] = (),
) -> list[tuple[int, ...]]:
    """Up to ``count`` further points, each where the expected error is the largest, apart from each other.

    ``known``: points that are not to be chosen, beside the measured ones. The error expected at a point is the
    surface's own standard deviation or, where larger, what leaving out the measured points around it has shown.
    """
    candidates = _candidates({*measured, *known}, extent, step, seed)
    if not candidates:
        return []
    at = np.array(candidates, np.int64)
    error = expected_error(surface, np.array(measured, np.int64), at)
    chosen: list[tuple[int, ...]] = []
    while len(chosen) < min(count, len(candidates)):
        best = int(np.argmax(error))
        if error[best] <= 0:
            break
        chosen.append(candidates[best])
        # What is measured there will tell about its neighbourhood too.
        error = error * (1 - np.exp(-_octaves(at, at[best : best + 1])[:, 0] / _CLOSE_OCTAVES))
    return chosen


def expected_error(surface: Surface, measured: Channels, at: Channels) -> Floats:
    """Relative error to expect at each of these points; tiny latencies count less (see ``Surface``)."""
    predicted = surface.predict(at)
    own = predicted.sd_ns / surface.weigh(predicted.mean_ns)
    closeness = np.exp(-_octaves(at, measured) / _CLOSE_OCTAVES)
    shown = surface.left_out()
    inner = ~np.isnan(shown)
    weight = closeness[:, inner] ** 2
    around = np.sqrt((weight @ shown[inner] ** 2) / np.maximum(weight.sum(axis=1), 1e-12))
    # At a measured point there is nothing left to learn, beside it little.
    return np.maximum(own, around * (1 - closeness.max(axis=1)))


def interpolation_error(surface: Surface, measured: Sequence[tuple[int, ...]], extent: Extent, step: int = 1) -> float:
    """Root mean square of the relative error to expect anywhere in the extent."""
    candidates = _candidates(set(), extent, step, seed=0)
    error = expected_error(surface, np.array(measured, np.int64), np.array(candidates, np.int64))
    return float(np.sqrt(np.mean(error**2)))


def _candidates(measured: set[tuple[int, ...]], extent: Extent, step: int, seed: int) -> list[tuple[int, ...]]:
    if size(extent, step) <= CANDIDATES:
        return sorted(_all_points(extent, step) - measured)
    levels = [range(low, high + 1, step) for low, high in extent]
    rng = random.Random(f"{seed} {len(measured)}")
    drawn = {tuple(rng.choice(level) for level in levels) for _ in range(CANDIDATES)}
    return sorted(drawn - measured)


def _octaves(left: Channels, right: Channels) -> Floats:
    """(left, right): distances in octaves, summed over axes."""
    return np.abs(np.log2(left)[:, None, :] - np.log2(right)[None, :, :]).sum(axis=2)  # type: ignore[no-any-return]
