"""What is to be known of the figures that a front is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pibench.pareto.differing import differing
from pibench.pareto.model import Point, Setting
from pibench.pareto.timed import Timed
from pibench.pareto.trained import Trained
from pibench.report.setting import Facts


def about_figures(setting: Setting, found: Sequence[Sequence[Timed]]) -> Iterator[str]:
    """Of each network its latencies, of which the last one is taken."""
    for timed in found:
        best = timed[-1].latency
        if len(timed) > 1:
            others = " and ".join(f"{one.latency.subject} in {one.latency.report}" for one in timed[:-1])
            yield (
                f"one network was timed {len(timed)} times ({setting}): the figure is that of {best.subject}"
                f" in {best.report}, not of {others}"
            )
    beside = {timed[-1].latency.report: timed[-1].beside for timed in found}
    if told := "; ".join(_in_words(name, beside) for name in differing(list(beside.values()))):
        yield f"latencies of one front ({setting}) were measured differently: {told}"


def _in_words(name: str, beside: dict[str, Facts]) -> str:
    reports: dict[str, list[str]] = {}
    for report, facts in beside.items():
        reports.setdefault(facts[name], []).append(report)
    return f"{name} " + ", ".join(f"{value} in {' and '.join(names)}" for value, names in reports.items())


def about_points(points: Sequence[Point], trained: Sequence[Trained]) -> Iterator[str]:
    """Whether their errors are comparable."""
    if len({point.training for point in points}) > 1:
        yield "not all networks were trained alike: what differs stands beside them, and has its part in their errors"
    validated = dict.fromkeys(point.label for point in points if point.error.source == "validation")
    if validated and any(point.error.source == "test" for point in points):
        yield (
            f"errors of {', '.join(validated)} are on validation images, the others' on test images:"
            " pibench evaluate gives all of them the latter"
        )
    if len({point.error.found_on for point in points}) > 1:
        yield "not all errors were found on the same images: between them, what so many images leave open is added"
    if selected := dict.fromkeys(one.label for one in trained if one.selected):
        yield f"errors of {', '.join(selected)} are those of the best epoch on the same validation images: too low"
