"""When a trace of latencies has settled, and whether it ever does."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from pibench.stats._warmup import LONGEST, clip_spikes, warm_up_length
from pibench.stats.drift import trend
from pibench.stats.intervals import Values
from pibench.stats.robust import MAD_TO_SIGMA

Floats = npt.NDArray[np.float64]
Unrest = Literal["", "too_short", "warming", "drifting", "switching", "spreading"]

DEFAULT_TOLERANCE = 0.02
MIN_STEADY = 20
_STEADY_SHARE = 0.25
# An exponential is within tolerance at its end, and falls that far still.
_DRIFT = 1.5
_STAGES = 3
_WINDOWS = (10, 20)
_MIN_WINDOWS = 10
# Variance between windows over what the spread within them explains: 1 when independent, 2 for
# AR(1) with ρ = 0.3, from 10 up for modes that last longer than a window.
_SWITCHING_RATIO = 3.0
_SWITCHING_DOUBT = 12.0
_SPREADING_RATIO = 1.4


class Steadiness(NamedTuple):
    """Whether a trace has settled, after how many samples, and what is wrong if not.

    ``unrest``: "too_short" to tell; still "warming"; "drifting" steadily; "switching" between
    levels for longer than ten samples at a time; "spreading" more and more; "" when settled.
    ``warm_up`` is as far as seen when not settled.
    """

    settled: bool
    warm_up: int
    unrest: Unrest


def steadiness(latencies: Values, tolerance: float = DEFAULT_TOLERANCE) -> Steadiness:
    """Judge the trace so far; call again with a longer one while sampling.

    The warm-up ends where the trace is within ``tolerance`` of its steady level for good. It is
    found by fitting a step, a ramp and an exponential of every length, in up to three stages (a
    slow first call may precede a slow decline), to samples with spikes drawn in; it counts when
    the fit explains more than the autocorrelated rest would by chance. At least 20 samples and a
    quarter of the trace must follow, without trend, change of level or growing spread.

    What has not happened yet cannot be seen: on a plateau before a step the trace looks settled.
    A single step in the first three quarters is taken for a warm-up, whichever way it goes.
    Latencies must be positive.
    """
    logs = np.log(np.asarray(latencies, dtype=float))
    if len(logs) < MIN_STEADY:
        return Steadiness(False, 0, "too_short")
    warm_up = _warm_up(logs, tolerance)
    if len(logs) - warm_up < max(MIN_STEADY, _STEADY_SHARE * len(logs)):
        return Steadiness(False, warm_up, "warming" if warm_up < len(logs) else "drifting")
    unrest = _unrest(logs[warm_up:], tolerance)
    return Steadiness(not unrest, warm_up, unrest)


def _warm_up(logs: Floats, tolerance: float) -> int:
    """Length of the warm-up. Long traces are searched on block medians first, then around what was found."""
    block = -(-len(logs) // LONGEST)
    if block == 1:
        return _stages(logs, tolerance)
    coarse = _stages(_medians(logs, block), tolerance)
    closer = logs[: 4 * block * (coarse + 2)]
    return block * coarse if len(closer) > len(logs) // 2 else _warm_up(closer, tolerance)


def _stages(logs: Floats, tolerance: float) -> int:
    begin = 0
    for stage in range(_STAGES):
        rest = logs[begin:]
        if len(rest) < MIN_STEADY:
            break
        # What the first stage leaves over is within tolerance, give or take its error.
        least = tolerance if stage == 0 else 2 * tolerance
        length = warm_up_length(np.exp(clip_spikes(rest - np.median(rest))), tolerance, least)
        if not length:
            break
        begin += length
    return begin


def _unrest(logs: Floats, tolerance: float) -> Unrest:
    change, p_value = trend(np.exp(logs - np.median(logs)))
    if abs(change) > _DRIFT * tolerance and p_value < 0.001:
        return "drifting"
    longest = len(logs) // _MIN_WINDOWS
    if longest > 2 and any(_switches(logs, min(length, longest), tolerance) for length in _WINDOWS):
        return "switching"
    return "spreading" if _spreads(logs) else ""


def _switches(logs: Floats, length: int, tolerance: float) -> bool:
    """Whether the medians of windows vary by more than the tolerance, and than chance explains."""
    windows = logs[len(logs) % length :].reshape(-1, length)
    medians = np.median(windows, axis=1)
    within = (MAD_TO_SIGMA * float(np.median(np.abs(windows - medians[:, None])))) ** 2
    chance = math.pi / 2 * within / length
    between = float(medians.var(ddof=1))
    limit = _SWITCHING_RATIO + _SWITCHING_DOUBT / math.sqrt(len(medians))
    return between > limit * chance and between - chance > tolerance**2


def _spreads(logs: Floats) -> bool:
    """Whether the last third spreads more than the first by 40 %, and by 3 standard errors."""
    clipped = clip_spikes(logs)
    third = len(clipped) // 3
    first, last = float(clipped[:third].std()), float(clipped[-third:].std())
    if min(first, last) <= 0:
        return last > first
    return math.log(last / first) > max(math.log(_SPREADING_RATIO), 3 / math.sqrt(third))


def _medians(logs: Floats, length: int) -> Floats:
    count = len(logs) // length
    medians: Floats = np.median(logs[: count * length].reshape(count, length), axis=1)
    return medians
