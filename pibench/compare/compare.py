"""Comparing two reports. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from itertools import chain

import numpy as np

from pibench.compare.matching import Choice, matched
from pibench.compare.model import Comparison, Mean, Side
from pibench.compare.row import Rule, check_figure, judged, ratio_of
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
    found = differences(base, new)
    _check_allowed(found, across)
    base_choice, new_choice = base_choice or {}, new_choice or {}
    pairs = matched(base, new, base_choice, new_choice)
    if base == new and any(a is b or a == b for a, b in pairs.pairs):
        raise ComparisonError(
            "BASE and NEW are the same run: say which of its results to compare,"
            " for instance with --base runtime=litert --new runtime=tflite"
        )
    rule = Rule(
        statistic=base.protocol.statistic,
        threshold=threshold,
        confidence=simultaneous_confidence(len(pairs.pairs)),
        run_sd=run_sd,
        together=False,
        same_machine=not any(difference.aspect == "device" for difference in found),
        same_subject=not ("subject" in base_choice and "subject" in new_choice),
    )
    for a, b in pairs.pairs:
        check_figure(a, base.protocol.statistic, "BASE")
        check_figure(b, new.protocol.statistic, "NEW")
    rules = [rule.of_shared_processes() if shared else rule for shared in _sampled_together(base, new, pairs.pairs)]
    rows = tuple(judged(a, b, own) for (a, b), own in zip(pairs.pairs, rules, strict=True))
    if all(row.ratio is None for row in rows):
        raise ComparisonError(f"no subject has samples in both reports: {rows[0].doubts[0].message}")
    return Comparison(
        base=_side(base, pairs.base_only),
        new=_side(new, pairs.new_only),
        threshold=threshold,
        confidence=rule.confidence,
        run_sd=max(own.run_sd for own, row in zip(rules, rows, strict=True) if row.ratio is not None),
        differences=tuple(found),
        rows=rows,
        mean=_mean(pairs.pairs, rules),
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


def _sampled_together(base: Report, new: Report, pairs: Sequence[tuple[Result, Result]]) -> list[bool]:
    """Of each pair, whether both took turns in a process: of one report, and there of one campaign.

    By the sessions, since processes of their own may have the same number.
    """
    if base != new:
        return [False] * len(pairs)
    places = [{id(result): place for place, result in enumerate(report.results)} for report in (base, new)]
    sampled = [set(chain.from_iterable(session.rounds)) for session in base.sessions]
    return [any({places[0][id(a)], places[1][id(b)]} <= indices for indices in sampled) for a, b in pairs]


def _mean(pairs: Sequence[tuple[Result, Result]], rules: Sequence[Rule]) -> Mean | None:
    """As wide as if all ratios erred together, as far as they would in a run of its own kind: the mean half-width.

    What moves a run moves all its subjects, and an interval from their independence would be too narrow.
    """
    found = [ratio_of(a, b, rule, 0.95) for (a, b), rule in zip(pairs, rules, strict=True)]
    ratios = [ratio.interval for ratio in found if ratio]
    if len(ratios) < 2:
        return None
    centre, low, high = (math.exp(float(np.mean(np.log(bounds)))) for bounds in zip(*ratios, strict=True))
    bounded = not math.isnan(low)
    return Mean(ratio=centre, low=low if bounded else None, high=high if bounded else None, rows=len(ratios))
