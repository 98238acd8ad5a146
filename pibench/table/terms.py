"""How a kernel's time can depend on a channel count: terms that a surface is built of.

Kernels work on tiles of channels (an XNNPACK GEMM of 16 output columns does 17 in the time of
32), and take a shortcut where nothing is left over (a depthwise kernel whose channels are a
multiple of 4, 8 or 16). Which of them matter is not known beforehand: it is read off the
measurements.
"""

from __future__ import annotations

from itertools import product
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Channels = npt.NDArray[np.int64]

TILES = (1, 4, 8, 16, 32, 64)
ALIGNMENTS = (2, 4, 8, 16)


class AxisTerm(NamedTuple):
    """A function of one channel count.

    ``one``: 1. ``tile``: the count rounded up to whole tiles. ``half``: the same, but half a tile
    where that is enough (a narrower kernel is taken then). ``aligned``: the count where it is a
    multiple, else 0. ``single``: 1 of one channel, else 0: runtimes take other kernels for it (a
    multiplication by one constant, a convolution from one channel to one).
    """

    form: Literal["one", "tile", "half", "aligned", "single"]
    size: int = 1

    def __call__(self, channels: Channels) -> Floats:
        if self.form == "one":
            return np.ones(len(channels))
        if self.form == "single":
            return np.equal(channels, 1).astype(float)
        whole = -(-channels // self.size) * self.size
        if self.form == "half":
            whole = np.where(2 * channels <= self.size, self.size // 2, whole)
        elif self.form == "aligned":
            whole = np.where(channels == whole, channels, 0)
        return whole.astype(float)


# One per axis: their product is the term.
Term = tuple[AxisTerm, ...]

ONE = AxisTerm("one")
SINGLE = AxisTerm("single")


def tilings(most: int) -> list[AxisTerm]:
    """How an axis of up to ``most`` channels may be tiled; one tile for all would be a constant."""
    tiles = [AxisTerm("tile", size) for size in TILES if size < most or size == 1]
    return tiles + [AxisTerm("half", size) for size in TILES if 1 < size < most]


def multilinear(tiling: tuple[AxisTerm, ...]) -> list[Term]:
    """All products of the tiled channel counts: what a loop nest over tiles takes."""
    return list(product(*((ONE, axis) for axis in tiling)))


def candidate_terms(extent: tuple[int, ...]) -> list[Term]:
    """All products of one function per axis of so many channels."""
    aligned = [[AxisTerm("aligned", size) for size in ALIGNMENTS if size <= most] for most in extent]
    per_axis = [[ONE, SINGLE, *tilings(most), *multiples] for most, multiples in zip(extent, aligned, strict=True)]
    return list(product(*per_axis))


def columns(terms: list[Term], points: Channels) -> Floats:
    """(points, terms): each term at each point; ``points`` is (points, axes)."""
    values = np.ones((len(points), len(terms)))
    for k, term in enumerate(terms):
        for axis, function in enumerate(term):
            values[:, k] *= function(points[:, axis])
    return values
