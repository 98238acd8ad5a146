"""A history: series of figures, each of one subject under one condition on one device."""

from __future__ import annotations

from pibench.report import Condition, Verdict
from pibench.report.samples import Count, Struct
from pibench.report.setting import Facts


class Point(Struct, frozen=True, kw_only=True):
    """The figure of one run: when (UTC), in which file, and what it was measured beside.

    ``low_ns`` to ``high_ns`` is its 95 % interval over so many processes, ``log_variance`` the variance of
    the figure's logarithm that follows from it, None from a single process. ``beside``: versions, kernel,
    governor, model file and the like. ``apart``: it lies far from the level of the runs around it.
    """

    created: str
    path: str
    latency_ns: float
    low_ns: float
    high_ns: float
    processes: Count
    log_variance: float | None
    verdict: Verdict
    beside: Facts
    apart: bool = False


class Step(Struct, frozen=True, kw_only=True):
    """From one level to another, ``created`` being the first run on it, so many runs before and after.

    ``ratio`` is the new level over the old one, with its 95 % interval. ``changes``: what else is not as it
    was in the run before. ``verdict``: untrusted where untrusted runs had to be taken.
    """

    created: str
    from_ns: float
    to_ns: float
    ratio: float
    low: float
    high: float
    runs_before: Count
    runs_after: Count
    changes: tuple[str, ...]
    verdict: Verdict


class Series(Struct, frozen=True, kw_only=True):
    """All figures of one subject under one condition on one device by one protocol, in order of time.

    ``ratio``: the latest figure over the one before, with its 95 % interval; None with a single one.
    ``run_sd``: the relative standard deviation by which runs differ beyond their processes, None where they
    are too few. ``model_changes``: when the model file was another one than before.
    """

    device: Facts
    protocol: Facts
    subject: str
    condition: Condition
    points: tuple[Point, ...]
    ratio: float | None
    low: float | None
    high: float | None
    run_sd: float | None
    steps: tuple[Step, ...]
    model_changes: tuple[str, ...]

    @property
    def latest(self) -> Point:
        return self.points[-1]


class Skipped(Struct, frozen=True, kw_only=True):
    """A file that is no report, or one that cannot be read, and why."""

    path: str
    reason: str


class History(Struct, frozen=True, kw_only=True):
    """So many reports' series, and the files that were passed over."""

    reports: Count
    series: tuple[Series, ...]
    skipped: tuple[Skipped, ...]
