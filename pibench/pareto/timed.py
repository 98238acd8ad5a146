"""What reports say of networks: latencies, and which network each is of."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pibench.errors import ParetoError
from pibench.pareto.identity import built, identity_of
from pibench.pareto.model import Latency, Setting
from pibench.pareto.trained import Trained
from pibench.report import Condition, Report, Result, SubjectRecord, Summary
from pibench.report.setting import Facts, setting
from pibench.words.results import reasons


class Timed(NamedTuple):
    """A latency, when it was measured, and what tells the network: the one it deploys, or the file's digest.

    ``beside``: what of board, system and protocol is known, of which a front's setting is only a part.
    """

    setting: Setting
    latency: Latency
    created: str
    deployed: str
    digest: str | None
    beside: Facts

    def is_of(self, trained: Trained) -> bool:
        return self.digest in trained.files or self.deployed == trained.deployed


class Timings(NamedTuple):
    """Those of a report, and what is to be known of it."""

    timed: list[Timed]
    notes: list[str]


def timings(name: str, report: Report, wanted: Callable[[Condition], bool] = lambda condition: True) -> Timings:
    """Those of the conditions that are wanted. Raises ParetoError for a report without a figure.

    A spec counts as what it builds here and now, if that has the MACs and parameters of what ran; else, an
    architecture having changed since, it is left out. What changes neither (an activation) passes unseen: the digest
    of the file that ran would tell, but each change to how files are written alters it, too.
    """
    results = [result for result in report.networks if result.summary]
    if not results:
        raise ParetoError(f"{name} has no latency in it: measure networks with pibench bench")
    found = Timings([], [])
    for result in results:
        if not wanted(result.condition):
            continue
        if changed := _changed(result.subject):
            found.notes.append(
                f"{result.subject.name} in {name}, of pibench {report.tool.version}, {changed}: left out"
            )
        else:
            found.timed.append(_timed(name, report, result))
    if not (found.timed or found.notes):
        known = "; ".join(dict.fromkeys(str(result.condition) for result in results))
        found.notes.append(f"{name} was measured under {known}, and not as was asked for: left out")
    return found


def _timed(name: str, report: Report, result: Result) -> Timed:
    subject, aspects = result.subject, setting(report)
    assert result.summary is not None
    return Timed(
        setting=_setting(report, result.condition),
        latency=_latency(name, result, result.summary),
        created=report.created,
        deployed=identity_of(subject.name) if subject.kind == "architecture" else "",
        digest=subject.digest if subject.kind == "file" else None,
        # Versions of runtimes are in the setting, of the one that was used.
        beside={**aspects["device"], **aspects["system"], **aspects["protocol"]},
    )


def _setting(report: Report, condition: Condition) -> Setting:
    versions = {runtime.name: runtime.version for runtime in report.runtimes}
    return Setting(
        device=report.device.name,
        system=f"{report.device.os_bits}-bit {report.device.os}",
        runtime_version=versions.get(condition.runtime, "of an unknown version"),
        condition=condition,
        statistic=report.protocol.statistic,
    )


def _latency(name: str, result: Result, summary: Summary) -> Latency:
    return Latency(
        ns=summary.latency_ns,
        low_ns=summary.low_ns,
        high_ns=summary.high_ns,
        processes=max(1, summary.processes),
        confidence=summary.confidence,
        report=name,
        subject=result.subject.name,
        untrusted="" if result.verdict == "trusted" else reasons(result)[1] or "untrusted",
    )


def _changed(subject: SubjectRecord) -> str:
    """What tells that its spec built another network when it ran; nothing where that is not so, or not known."""
    graph = built(subject.name) if subject.kind == "architecture" else None
    if graph is None:
        return ""
    here = {"MACs": graph.total_macs, "parameters": graph.total_parameters}
    ran = {"MACs": None if subject.uncounted_ops else subject.macs, "parameters": subject.parameters}
    return " and ".join(
        f"had {ran[what]:,} {what} and has {count:,} here"
        for what, count in here.items()
        if ran[what] not in (None, count)
    )
