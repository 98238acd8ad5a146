"""Comparing two reports. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np

from pibench.compare.matching import Choice, matched
from pibench.compare.model import Comparison, Mean, Side
from pibench.compare.row import Rule, judged, ratio_of
from pibench.errors import ComparisonError
from pibench.report import Report, Result
from pibench.report.setting import ASPECTS, Aspect, Difference, differences
from pibench.stats import RUN_SD, simultaneous_confidence

# Of runs that differ so much an interval is ±1.1 % at the least: at 1 %, nothing could ever be called the same.
THRESHOLD = 0.02


def compare(
    base: Report,
    new: Report,
    *,
    threshold: float = THRESHOLD,
    across: Collection[Aspect] = (),
    base_choice: Choice | None = None,
    new_choice: Choice | None = None,
    run_sd: float = RUN_SD,
) -> Comparison:
    """NEW over BASE for each subject that both have under one condition.

    ``across``: what may differ between the reports. ``base_choice``, ``new_choice``: which results of each
    are meant; a field that both name may differ between the sides, so that two conditions of one report
    are compared as ``compare(report, report, base_choice={"runtime": "litert"}, new_choice={"runtime": "tflite"})``.
    ``run_sd``: the relative standard deviation by which runs differ beyond what their processes show.
    Raises ComparisonError where nothing can be compared, or something else differs.
    """
    one_run = base == new
    found = differences(base, new)
    _check_allowed(found, across)
    base_choice, new_choice = base_choice or {}, new_choice or {}
    pairs = matched(base, new, base_choice, new_choice)
    if one_run and any(a is b or a == b for a, b in pairs.pairs):
        raise ComparisonError(
            "BASE and NEW are the same run: say which of its results to compare,"
            " for instance with --base runtime=litert --new runtime=tflite"
        )
    rule = Rule(
        statistic=base.protocol.statistic,
        threshold=threshold,
        confidence=simultaneous_confidence(len(pairs.pairs)),
        run_sd=0.0 if one_run else run_sd,
        one_run=one_run,
        same_machine=not any(difference.aspect == "device" for difference in found),
        same_subject=not ("subject" in base_choice and "subject" in new_choice),
    )
    rows = tuple(judged(a, b, rule) for a, b in pairs.pairs)
    if all(row.ratio is None for row in rows):
        raise ComparisonError(f"no subject has samples in both reports: {rows[0].doubts[0].message}")
    return Comparison(
        base=_side(base, pairs.base_only),
        new=_side(new, pairs.new_only),
        threshold=threshold,
        confidence=rule.confidence,
        run_sd=rule.run_sd,
        differences=tuple(found),
        rows=rows,
        mean=_mean(pairs.pairs, rule),
    )


def _check_allowed(found: Sequence[Difference], across: Collection[Aspect]) -> None:
    refused = [difference for difference in found if difference.aspect not in across]
    if refused:
        needed = [aspect for aspect in ASPECTS if aspect in across or any(d.aspect == aspect for d in refused)]
        raise ComparisonError(
            f"the reports differ in more than time ({'; '.join(map(str, refused))}):"
            f" to compare all the same, add --across {','.join(needed)}"
        )


def _side(report: Report, only: Sequence[str]) -> Side:
    return Side(
        created=report.created,
        version=report.tool.version,
        command=report.command,
        device=report.device.name,
        complete=report.complete,
        only=tuple(only),
    )


def _mean(pairs: Sequence[tuple[Result, Result]], rule: Rule) -> Mean | None:
    """As wide as if all ratios erred together, as far as they would in a run of its own kind: the mean half-width.

    What moves a run moves all its subjects, and an interval from their independence would be too narrow.
    """
    ratios = [found.interval for a, b in pairs if (found := ratio_of(a, b, rule, 0.95))]
    if len(ratios) < 2:
        return None
    centre, low, high = (math.exp(float(np.mean(np.log(bounds)))) for bounds in zip(*ratios, strict=True))
    bounded = not math.isnan(low)
    return Mean(ratio=centre, low=low if bounded else None, high=high if bounded else None, rows=len(ratios))
