"""From reports to series of figures. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timezone
from itertools import pairwise
from typing import NamedTuple

from pibench.history.model import History, Point, Series, Skipped
from pibench.history.steps import change_of, ratio_to_previous, run_sd_of, steps_of
from pibench.report import Condition, Report, Result, Summary
from pibench.report.setting import Facts, setting
from pibench.stats import log_variance


class Key(NamedTuple):
    """What a series is of; facts as sorted pairs, so that they can be a dictionary's key."""

    device: tuple[tuple[str, str], ...]
    protocol: tuple[tuple[str, str], ...]
    subject: str
    condition: Condition


class Entry(NamedTuple):
    """A figure, and the series that it belongs to."""

    key: Key
    point: Point


def entries_of(report: Report, path: str) -> list[Entry]:
    """The figures of one report, which was loaded and so has no date or figure that cannot be one.

    Of results that are alike the first: measured twice in one run, it is no later run.
    """
    created = _utc(report.created)
    facts = setting(report)
    device, protocol = (tuple(facts[aspect].items()) for aspect in ("device", "protocol"))
    entries: dict[Key, Entry] = {}
    for result in report.networks:
        if result.summary is not None:
            key = Key(device, protocol, result.subject.name, result.condition)
            point = _point(report, result, result.summary, created, path, facts["system"])
            entries.setdefault(key, Entry(key, point))
    return list(entries.values())


def history_of(entries: Sequence[Entry], reports: int, skipped: Sequence[Skipped] = ()) -> History:
    """Series in the order in which their subjects first came, each in the order of time."""
    by_key: dict[Key, dict[tuple[object, ...], Point]] = {}
    for key, point in sorted(entries, key=lambda entry: entry.point.created):
        # A copy of a report is the same run once more.
        same = (point.created, point.latency_ns, point.low_ns, point.high_ns)
        by_key.setdefault(key, {}).setdefault(same, point)
    return History(
        reports=reports,
        series=tuple(_series(key, tuple(points.values())) for key, points in by_key.items()),
        skipped=tuple(skipped),
    )


def _series(key: Key, points: tuple[Point, ...]) -> Series:
    steps, points = steps_of(points)
    change = ratio_to_previous(points)
    return Series(
        device=dict(key.device),
        protocol=dict(key.protocol),
        subject=key.subject,
        condition=key.condition,
        points=points,
        ratio=change.estimate if change else None,
        low=change.low if change else None,
        high=change.high if change else None,
        run_sd=run_sd_of(points),
        steps=steps,
        model_changes=tuple(
            later.created
            for earlier, later in pairwise(points)
            if any(name == "model" for name, _ in change_of(earlier, later))
        ),
    )


def _utc(created: str) -> str:
    moment = datetime.fromisoformat(created)
    # Without a zone it is taken as UTC, which pibench writes.
    return moment.replace(tzinfo=moment.tzinfo or timezone.utc).astimezone(timezone.utc).isoformat(timespec="seconds")


def _point(report: Report, result: Result, summary: Summary, created: str, path: str, system: Facts) -> Point:
    return Point(
        created=created,
        path=path,
        latency_ns=summary.latency_ns,
        low_ns=summary.low_ns,
        high_ns=summary.high_ns,
        processes=summary.processes,
        log_variance=_log_variance(summary),
        verdict=result.verdict or "untrusted",
        beside=_beside(report, result, system),
    )


def _log_variance(summary: Summary) -> float | None:
    if summary.processes < 2:
        return None
    return log_variance(math.log(summary.high_ns / summary.low_ns) / 2, summary.processes, summary.confidence)


def _beside(report: Report, result: Result, system: Facts) -> Facts:
    beside: dict[str, str] = {**system}
    beside |= {runtime.name: runtime.version for runtime in report.runtimes if runtime.name == result.condition.runtime}
    beside["pibench"] = report.tool.version
    if result.subject.digest:
        beside["model"] = result.subject.digest[:12]
    return beside
