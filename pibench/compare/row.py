"""One result against another: the ratio, its doubts, the verdict. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from pibench.compare.model import ComparisonDoubt, Row, Verdict
from pibench.errors import ComparisonError
from pibench.measure.doubts import reference_ns
from pibench.measure.ranking import Contender, paired_ratio
from pibench.measure.summary import figure, nested_ns, process_latencies_ns
from pibench.report import Result
from pibench.stats import Interval, unpaired_ratio, verdict
from pibench.words.doubts import grave_kinds

# A clock that stands still moved the reference by 0.01 % between campaigns; a step of a clock is larger than this.
REFERENCE_MOVED = 0.01


class Rule(NamedTuple):
    """How a row of a comparison is judged.

    ``together``: both sides took turns in the same processes. ``same_machine``: the fixed reference has to be the same.
    ``same_subject``: both sides have the same name, and so ought to be the same model.
    """

    statistic: str
    threshold: float
    confidence: float
    run_sd: float
    together: bool
    same_machine: bool
    same_subject: bool

    def of_shared_processes(self) -> Rule:
        """Where no run lies between the sides."""
        return self._replace(together=True, run_sd=0.0)


class Ratio(NamedTuple):
    """NEW over BASE, and whether it was taken process by process."""

    interval: Interval
    paired: bool


def judged(base: Result, new: Result, rule: Rule) -> Row:
    """NEW over BASE, and what that says."""
    found = ratio_of(base, new, rule, rule.confidence)
    doubts = tuple(sorted(_doubts(base, new, found, rule), key=lambda doubt: not doubt.grave))
    untrusted = any(doubt.grave for doubt in doubts)
    bounded = found is not None and not math.isnan(found.interval.low)
    return Row(
        subject=base.subject.name,
        new_subject=new.subject.name,
        condition=base.condition,
        new_condition=new.condition,
        base_ns=base.summary.latency_ns if base.summary else None,
        new_ns=new.summary.latency_ns if new.summary else None,
        ratio=found.interval.estimate if found else None,
        low=found.interval.low if found and bounded else None,
        high=found.interval.high if found and bounded else None,
        paired=found is not None and found.paired,
        verdict="untrusted" if untrusted or found is None else _said(base, new, found, rule),
        doubts=doubts,
    )


def _said(base: Result, new: Result, found: Ratio, rule: Rule) -> Verdict:
    """Slower and faster where they hold for all rows together; "same" row by row, at 95 %.

    That all rows are the same takes each of them to be, so that no chance find makes it likelier, and needs no
    correction (intersection–union, Berger 1982). Corrected, fifty-six rows could hardly ever be called so.
    """
    together = verdict(found.interval, rule.threshold)
    alone = ratio_of(base, new, rule, 0.95) if together == "undecided" else None
    return "same" if alone and verdict(alone.interval, rule.threshold) == "same" else together


def check_figure(result: Result, statistic: str, side: str) -> None:
    """Raises ComparisonError for a figure that its samples do not give: shown and compared would not be the same."""
    nested = nested_ns(result.measurements)
    if result.summary is None or not nested:
        return
    found_ns = figure(nested, statistic).estimate
    if result.summary.processes != len(nested) or not math.isclose(found_ns, result.summary.latency_ns, rel_tol=1e-6):
        raise ComparisonError(
            f"{side}'s figure of {result.subject.name} is not that of its samples: the report was edited, measure again"
        )


def ratio_of(base: Result, new: Result, rule: Rule, confidence: float) -> Ratio | None:
    """Process by process where both sides were sampled in turns in the same ones; None without samples."""
    if rule.together and rule.statistic == "median":
        paired = paired_ratio(Contender(base), Contender(new), confidence)
        if paired is not None and paired.unit == "process":
            return Ratio(paired.interval, paired=True)
    sides = [nested_ns(result.measurements) for result in (base, new)]
    if not all(sides):
        return None
    a, b = (process_latencies_ns(side, rule.statistic) for side in sides)
    return Ratio(unpaired_ratio(a, b, confidence, run_sd=rule.run_sd), paired=False)


def _doubts(base: Result, new: Result, found: Ratio | None, rule: Rule) -> Iterator[ComparisonDoubt]:
    for side, result in (("BASE", base), ("NEW", new)):
        if not nested_ns(result.measurements):
            why = result.failure.message if result.failure else "it has no samples"
            yield ComparisonDoubt(kind="no_figure", message=f"{side} has no figure: {why}", grave=True)
        elif result.verdict == "untrusted":
            yield ComparisonDoubt(
                kind="base_untrusted" if side == "BASE" else "new_untrusted",
                message=f"{side}'s figure is untrusted: {grave_kinds(result.doubts)}",
                grave=True,
            )
    if found is not None:
        if math.isnan(found.interval.low):
            yield ComparisonDoubt(kind="one_process", message="one process shows no spread: no interval", grave=True)
        yield from _machine(base, new, found.interval, rule)
    if rule.same_subject and None not in (digests := {base.subject.digest, new.subject.digest}) and len(digests) > 1:
        yield ComparisonDoubt(kind="other_model", message="the model files differ: another model under the same name")


def _machine(base: Result, new: Result, found: Interval, rule: Rule) -> Iterator[ComparisonDoubt]:
    """The fixed reference, which no model changes; it explains what would not stand without its own change."""
    sides = [reference_ns(result.measurements) for result in (base, new)]
    if rule.together or not rule.same_machine or not all(sides):
        return
    moved = math.exp(float(np.mean(np.log(sides[1])) - np.mean(np.log(sides[0]))))
    if abs(math.log(moved)) > math.log1p(REFERENCE_MOVED):
        freed = Interval(*(bound / moved for bound in found))
        yield ComparisonDoubt(
            kind="machine_changed",
            message=f"a fixed reference took {moved:.3f} times as long in NEW: the clock or the machine changed",
            grave=verdict(freed, rule.threshold) != verdict(found, rule.threshold),
        )
