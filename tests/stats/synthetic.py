"""Synthetic traces whose true median is known; on the log scale, so that latency is their exponential."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pibench.stats._distributions import normal_cdf

Floats = npt.NDArray[np.float64]
SIGMA = 0.05
KINDS = ("lognormal", "ar1", "spikes", "level_shift", "slow_drift", "two_modes")


class Traces(NamedTuple):
    """One trace per row, and the log median of the distribution averaged over the first n samples."""

    logs: Floats
    median_of_first: Callable[[int], float]


def traces(kind: str, rng: np.random.Generator, count: int, n: int) -> Traces:
    shape = (count, n)
    if kind == "lognormal":
        return Traces(rng.normal(0, SIGMA, shape), lambda _: 0.0)
    if kind == "ar1":
        return Traces(SIGMA * ar1(rng, shape, 0.3), lambda _: 0.0)
    if kind == "spikes":
        noise, spikes = rng.normal(0, SIGMA, shape), rng.random(shape) < 0.01
        # A spike is at least e times as slow, far above every other sample.
        return Traces(np.where(spikes, 1 + rng.exponential(1, shape), noise), lambda _: mixture_median([0, 9], [99, 1]))
    if kind == "two_modes":
        modes = np.where(rng.random(shape) < 0.3, 0.2, 0.0)
        return Traces(modes + rng.normal(0, SIGMA, shape), lambda _: mixture_median([0, 0.2], [7, 3]))
    levels = np.where(np.arange(n) < 0.3 * n, 0.0, 0.1) if kind == "level_shift" else np.linspace(0, 0.1, n)
    return Traces(
        levels + rng.normal(0, SIGMA, shape), lambda m: mixture_median(*np.unique(levels[:m], return_counts=True))
    )


def ar1(rng: np.random.Generator, shape: tuple[int, int], rho: float) -> Floats:
    """Rows of a first-order autoregressive process with variance 1."""
    noise = rng.normal(size=shape)
    noise[:, 1:] *= math.sqrt(1 - rho * rho)
    for t in range(1, shape[1]):
        noise[:, t] += rho * noise[:, t - 1]
    return noise


def mixture_median(means: npt.ArrayLike, weights: npt.ArrayLike) -> float:
    """Median of a mixture of normal distributions with standard deviation SIGMA."""
    centres, shares = np.asarray(means, dtype=float), np.asarray(weights, dtype=float)
    low, high = -1.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        below = sum(w * normal_cdf((middle - m) / SIGMA) for m, w in zip(centres, shares, strict=True)) / shares.sum()
        low, high = (middle, high) if below < 0.5 else (low, middle)
    return (low + high) / 2


class Design(NamedTuple):
    """Relative standard deviations and (largest) numbers of the levels of nested samples."""

    processes: int = 5
    instances: int = 3
    blocks: int = 4
    samples: int = 20
    process_sd: float = 0.07
    instance_sd: float = 0.01
    block_sd: float = 0.005
    sample_sd: float = 0.03
    ragged: bool = False


def nested(rng: np.random.Generator, design: Design) -> list[list[list[Floats]]]:
    """Samples of a model of latency 1, with 1 % spikes; ragged ones have any smaller numbers too."""

    def size(most: int) -> int:
        return int(rng.integers(max(1, most // 4), most + 1)) if design.ragged else most

    def block(level: float) -> Floats:
        logs = level + rng.normal(0, design.block_sd) + rng.normal(0, design.sample_sd, size(design.samples))
        return np.exp(np.where(rng.random(len(logs)) < 0.01, logs + 1, logs))

    def instance(level: float) -> list[Floats]:
        own = level + rng.normal(0, design.instance_sd)
        return [block(own) for _ in range(size(design.blocks))]

    def process() -> list[list[Floats]]:
        own = rng.normal(0, design.process_sd)
        return [instance(own) for _ in range(size(design.instances))]

    return [process() for _ in range(design.processes)]
