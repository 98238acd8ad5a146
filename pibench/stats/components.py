"""Where the variance sits: between processes, instances, blocks, or within a block."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pibench.stats.nested import Nested
from pibench.stats.robust import MAD_TO_SIGMA


class Components(NamedTuple):
    """Variances of log latency added by each level; their roots are relative standard deviations.

    NaN where a level was not repeated within the one above: what it adds is then in the level above.
    """

    process: float
    instance: float
    block: float
    sample: float

    def relative_sd(self) -> Components:
        """The same as relative standard deviations (0.01 = 1 %)."""
        return Components(*(math.sqrt(variance) for variance in self))


class _Level(NamedTuple):
    """The centre of each unit of a level, and the variance of that centre by chance from below."""

    centres: npt.NDArray[np.float64]
    variances: npt.NDArray[np.float64]


def variance_components(nested: Nested) -> Components:
    """Variance components of positive samples on the log scale.

    By moments from the bottom up, with unweighted means (Searle, Casella & McCulloch 1992,
    section 4.3 b): the variance between the units within a parent, less what chance below puts
    into it, pooled by degrees of freedom over parents. Unbiased for any unequal sizes; negative
    estimates are shown as 0. Within a block the spread is the robust one, so that spikes do not
    make it, and correlation within blocks appears as variance between blocks.
    """
    logs = [[[np.log(np.asarray(b, dtype=float)) for b in instance] for instance in process] for process in nested]
    sample = _within_blocks([block for process in logs for instance in process for block in instance])
    blocks = [[_blocks(instance, sample) for instance in process] for process in logs]
    block, instances = _combine([level for process in blocks for level in process])
    instance, processes = _combine(_split(instances, [len(process) for process in blocks]))
    process, _ = _combine([processes])
    return Components(*(v if math.isnan(v) else max(v, 0.0) for v in (process, instance, block, sample)))


def _within_blocks(blocks: Sequence[npt.NDArray[np.float64]]) -> float:
    """Robust variance within blocks, NaN when none has two samples.

    From differences of samples half a block apart, which need no estimate of the block's centre
    (short blocks would bias it) and are hardly correlated.
    """
    gaps = [
        np.abs(block[len(block) // 2 :] - block[: len(block) - len(block) // 2]) for block in blocks if len(block) > 1
    ]
    return float(MAD_TO_SIGMA * np.median(np.concatenate(gaps))) ** 2 / 2 if gaps else math.nan


def _blocks(blocks: Sequence[npt.NDArray[np.float64]], sample: float) -> _Level:
    """Blocks of one instance; the median of n normal values has variance ≈ (π/2) σ²/(n + π/2 - 1)."""
    sizes = np.array([len(block) for block in blocks])
    chance = 0.0 if math.isnan(sample) else sample
    variances = (math.pi / 2) * chance / (sizes + math.pi / 2 - 1)
    return _Level(np.array([np.median(block) for block in blocks]), variances)


def _combine(parents: Sequence[_Level]) -> tuple[float, _Level]:
    """The variance that units within a parent add, and the level of the parents."""
    degrees = sum(len(units.centres) - 1 for units in parents)
    excess = sum(_excess(units) for units in parents)
    variance = excess / degrees if degrees else math.nan
    added = variance if degrees else 0.0
    centres = np.array([units.centres.mean() for units in parents])
    chance = np.array([(added + units.variances.mean()) / len(units.centres) for units in parents])
    return variance, _Level(centres, chance)


def _excess(units: _Level) -> float:
    """Sum of squares of the units about their mean, less its expectation from chance below."""
    squares = float(np.sum((units.centres - units.centres.mean()) ** 2))
    return squares - (len(units.centres) - 1) * float(units.variances.mean())


def _split(level: _Level, sizes: Sequence[int]) -> list[_Level]:
    ends = np.cumsum(sizes)[:-1]
    return [
        _Level(*parts) for parts in zip(np.split(level.centres, ends), np.split(level.variances, ends), strict=True)
    ]
