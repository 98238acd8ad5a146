"""Trained networks and timed ones brought together."""

from __future__ import annotations

from collections.abc import Sequence

from pibench.errors import ParetoError
from pibench.pareto.front import placed
from pibench.pareto.model import Front, Pareto, Point, Setting
from pibench.pareto.timed import Timed
from pibench.pareto.trained import Trained, Trainings


def pareto(trainings: Trainings, timed: Sequence[Timed]) -> Pareto:
    """A front for each setting. What has only one of both is told; raises ParetoError where nothing has both."""
    by_setting: dict[Setting, list[Timed]] = {}
    for one in timed:
        by_setting.setdefault(one.setting, []).append(one)
    notes = list(trainings.notes)
    fronts = [_front(setting, trainings.trained, of, notes) for setting, of in by_setting.items()]
    if not any(front.placed for front in fronts):
        raise ParetoError(
            f"no network has both an error and a latency: the runs are of"
            f" {_some([one.network for one in trainings.trained])}; the reports of"
            f" {_some([one.latency.subject for one in timed])}"
        )
    strangers = [one.latency.subject for one in timed if not any(one.is_of(trained) for trained in trainings.trained)]
    return Pareto(
        images=trainings.images,
        fronts=tuple(front for front in fronts if front.placed),
        untrained=tuple(dict.fromkeys(strangers)),
        notes=tuple(dict.fromkeys(notes)),
    )


def _front(setting: Setting, trained: Sequence[Trained], timed: Sequence[Timed], notes: list[str]) -> Front:
    points: list[Point] = []
    untimed: list[str] = []
    for one in trained:
        found = sorted((each for each in timed if each.is_of(one)), key=_worth)
        if not found:
            untimed.append(one.network)
            continue
        if len(found) > 1:
            best = found[-1].latency
            notes.append(
                f"{one.network} was timed {len(found)} times: the figure is of {best.subject} in {best.report}"
            )
        points.append(
            Point(
                network=one.network,
                recipe=one.recipe,
                error=one.error,
                latency=found[-1].latency,
                parameters=one.parameters,
                macs=one.macs,
            )
        )
    notes += _of_two_kinds(points)
    points.sort(key=lambda point: (point.latency.ns, point.error.mean))
    return Front(setting=setting, placed=placed(points), untimed=tuple(dict.fromkeys(untimed)))


def _of_two_kinds(points: Sequence[Point]) -> list[str]:
    """Errors that were not found on the same images."""
    validated = dict.fromkeys(point.network for point in points if point.error.source == "validation")
    if not validated or all(point.error.source == "validation" for point in points):
        return []
    return [
        f"errors of {', '.join(validated)} are on validation images, the others' on test images:"
        " pibench evaluate gives all of them the latter"
    ]


def _worth(timed: Timed) -> tuple[bool, str, float]:
    """Trusted before untrusted, then the latest, then the narrowest interval."""
    latency = timed.latency
    return not latency.untrusted, timed.created, latency.low_ns / latency.high_ns


def _some(names: Sequence[str], most: int = 3) -> str:
    distinct = list(dict.fromkeys(names))
    rest = f" and {len(distinct) - most} more" if len(distinct) > most else ""
    return ", ".join(distinct[:most]) + rest
