"""Trained networks and timed ones brought together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pibench.errors import ParetoError
from pibench.pareto.front import placed
from pibench.pareto.model import Front, Pareto, Point, Setting
from pibench.pareto.notes import about_figures, about_points
from pibench.pareto.reference import Reference
from pibench.pareto.timed import Timed, Timings
from pibench.pareto.trained import Trained, Trainings


def pareto(trainings: Trainings, reports: Sequence[Timings], *, thesis: bool = False) -> Pareto:
    """A front for each setting; ``thesis``: with its figures beside. What has only one of both is told.

    Raises ParetoError where nothing has both, and for the thesis' figures beside another data set.
    """
    reference = Reference(trainings.data_set) if thesis else None
    timed = [one for report in reports for one in report.timed]
    notes = [*trainings.notes, *(note for report in reports for note in report.notes)]
    if not timed:
        raise ParetoError(f"there is no latency: {notes[-1]}" if notes else "there is no report: give one")
    strangers = [one for one in timed if not any(one.is_of(trained) for trained in trainings.trained)]
    if len(strangers) == len(timed):
        raise ParetoError(
            f"no network has both an error and a latency: the runs are of"
            f" {_some([one.network for one in trainings.trained])}; the reports of"
            f" {_some([one.latency.subject for one in timed])}"
        )
    by_setting: dict[Setting, list[Timed]] = {}
    for one in timed:
        by_setting.setdefault(one.setting, []).append(one)
    fronts = [_front(setting, trainings.trained, of, reference, notes) for setting, of in by_setting.items()]
    return Pareto(
        images=trainings.images,
        fronts=tuple(front for front in fronts if front.placed),
        untrained=dict(_by_report(strangers)),
        notes=tuple(dict.fromkeys(notes)),
        thesis=reference.drawn if reference else (),
    )


def _front(
    setting: Setting, trained: Sequence[Trained], timed: Sequence[Timed], reference: Reference | None, notes: list[str]
) -> Front:
    found = [(one, sorted((each for each in timed if each.is_of(one)), key=_worth)) for one in trained]
    matched = [(one, each) for one, each in found if each]
    points = [_point(one, each[-1], reference) for one, each in matched]
    points.sort(key=lambda point: (point.latency.ns, point.error.mean))
    notes += about_figures(setting, [each for _, each in matched])
    notes += about_points(points, [one for one, _ in matched])
    return Front(setting=setting, placed=placed(points), untimed=tuple(one.label for one, each in found if not each))


def _point(trained: Trained, timed: Timed, reference: Reference | None) -> Point:
    return Point(
        network=trained.network,
        recipe=trained.recipe,
        training=trained.training,
        error=trained.error,
        latency=timed.latency,
        parameters=trained.parameters,
        macs=trained.macs,
        thesis=reference.of(trained.deployed) if reference else None,
    )


def _worth(timed: Timed) -> tuple[bool, str, float]:
    """Trusted before untrusted, then the latest, then the narrowest interval."""
    latency = timed.latency
    return not latency.untrusted, timed.created, latency.low_ns / latency.high_ns


def _by_report(timed: Sequence[Timed]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The names under which networks were timed in each."""
    for report in dict.fromkeys(one.latency.report for one in timed):
        names = [one.latency.subject for one in timed if one.latency.report == report]
        yield report, tuple(dict.fromkeys(names))


def _some(names: Sequence[str], most: int = 3) -> str:
    distinct = list(dict.fromkeys(names))
    rest = f" and {len(distinct) - most} more" if len(distinct) > most else ""
    return ", ".join(distinct[:most]) + rest
