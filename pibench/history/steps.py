"""Steps in a series of figures, each with what changed beside it. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from pibench.history.model import Point, Step
from pibench.stats import RUN_SD, Interval, between_runs_sd, levels, normal_quantile
from pibench.stats.intervals import exponential
from pibench.stats.steps import FEWEST_RUNS

Floats = npt.NDArray[np.float64]
# As how many processes of its own the typical spread of the series counts beside a run's few: three
# processes that happen to agree must not make a run exact (as in limma's moderated t, Smyth 2004).
_PRIOR_DEGREES = 4


def steps_of(points: tuple[Point, ...]) -> tuple[tuple[Step, ...], tuple[Point, ...]]:
    """The steps, and the points with those told that lie apart from their level.

    Untrusted points are left out, unless fewer trusted ones remain than it takes to see a step.
    """
    trusted = [at for at, point in enumerate(points) if point.verdict == "trusted"]
    used = trusted if len(trusted) >= FEWEST_RUNS else list(range(len(points)))
    runs = [points[at] for at in used]
    found = levels([run.latency_ns for run in runs], variances(runs))
    apart = {used[k] for k in np.flatnonzero(found.apart)}
    bounds = [0, *(step.at for step in found.steps), len(runs)]
    steps = tuple(
        Step(
            created=runs[step.at].created,
            from_ns=found.centres[k],
            to_ns=found.centres[k + 1],
            ratio=step.ratio.estimate,
            low=step.ratio.low,
            high=step.ratio.high,
            runs_before=step.at - bounds[k],
            runs_after=bounds[k + 2] - step.at,
            changes=tuple(f"{name}: {change}" for name, change in change_of(runs[step.at - 1], runs[step.at])),
            verdict="trusted" if used is trusted else "untrusted",
        )
        for k, step in enumerate(found.steps)
    )
    return steps, tuple(replace(point, apart=at in apart) for at, point in enumerate(points))


def variances(runs: Sequence[Point]) -> Floats:
    """Of the logarithm of each run's figure: by its processes, and what runs differ beyond them.

    The latter as the series shows it, but no less than what saved reports are compared with.
    """
    own = _own_variances(runs)
    return own + max(_run_sd(runs, own), RUN_SD) ** 2


def run_sd_of(points: Sequence[Point]) -> float | None:
    """By how much runs differ beyond their processes; None where too few were trusted, or are there at all."""
    trusted = [point for point in points if point.verdict == "trusted"]
    runs = trusted if len(trusted) >= FEWEST_RUNS else points
    return _run_sd(runs, _own_variances(runs)) if len(runs) >= FEWEST_RUNS else None


def ratio_to_previous(points: Sequence[Point]) -> Interval | None:
    """The latest figure over the one before, with its 95 % interval."""
    if len(points) < 2:
        return None
    before, latest = points[-2:]
    centre = math.log(latest.latency_ns / before.latency_ns)
    half = normal_quantile(0.975) * math.sqrt(float(variances(points)[-2:].sum()))
    return exponential(Interval(centre, centre - half, centre + half))


def change_of(earlier: Point, later: Point) -> list[tuple[str, str]]:
    """What is not as it was, by name: from what to what."""
    names = dict.fromkeys([*earlier.beside, *later.beside])
    told = [(name, earlier.beside.get(name, "unknown"), later.beside.get(name, "unknown")) for name in names]
    return [(name, f"{old} → {new}") for name, old, new in told if old != new]


def _run_sd(runs: Sequence[Point], own: Floats) -> float:
    return between_runs_sd([run.latency_ns for run in runs], own) if len(runs) >= FEWEST_RUNS else 0.0


def _own_variances(runs: Sequence[Point]) -> Floats:
    known = [run.log_variance for run in runs if run.log_variance is not None]
    typical = float(np.median(known)) if known else 0.0
    return np.array([_moderated(run, typical) for run in runs])


def _moderated(run: Point, typical: float) -> float:
    if run.log_variance is None:
        return typical
    degrees = run.processes - 1
    return (_PRIOR_DEGREES * typical + degrees * run.log_variance) / (_PRIOR_DEGREES + degrees)
