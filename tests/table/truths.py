"""Latency functions of channel counts with the steps that kernels show, and measurements of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from pibench.table.surface import Surface

Floats = npt.NDArray[np.float64]
Truth = Callable[[Floats, Floats], Floats]

EXTENT = ((1, 64), (1, 96))


def tiled(channels: Floats, tile: int) -> Floats:
    return np.ceil(channels / tile) * tile


TRUTHS: dict[str, Truth] = {
    "linear": lambda a, b: 2000 + 40 * a + 30 * b + 10 * a * b,
    "tiles of 16": lambda a, b: 3000 + 20 * a + 12 * a * tiled(b, 16),
    "half tiles of 16": lambda a, b: 3000 + 20 * a + 12 * a * np.where(b <= 8, 8, tiled(b, 16)),
    "a shortcut for multiples of 4": lambda a, b: 3000 + 20 * b + 12 * a * b + np.where(a % 4 == 0, 0, 6 * a * b),
    "one channel is a case of its own": lambda a, b: 3000 + 12 * a * tiled(b, 16) + np.where(a == 1, 20_000, 0),
}


def truth_at(truth: Truth, points: npt.ArrayLike) -> Floats:
    a, b = np.asarray(points, float).T
    return np.asarray(truth(a, b), float)


def surface_of(truth: Truth, points: Sequence[tuple[int, ...]], noise: float = 0.0, seed: int = 0) -> Surface:
    """Fitted to measurements whose relative error is ``noise``, as their intervals say."""
    error = noise * np.random.default_rng(seed).standard_normal(len(points))
    return Surface(points, truth_at(truth, points) * (1 + error), np.full(len(points), noise))


def held_out(count: int = 400, seed: int = 1) -> npt.NDArray[np.int64]:
    rng = np.random.default_rng(seed)
    return np.stack([rng.integers(low, high + 1, count) for low, high in EXTENT], axis=1)


def errors(surface: Surface, truth: Truth, at: npt.ArrayLike) -> Floats:
    """Relative, as the surface weighs them."""
    expected = truth_at(truth, at)
    return (surface.predict(at).mean_ns - expected) / surface.weigh(expected)
