"""What reports say of networks: latencies, and which network each is of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from pibench.errors import ParetoError, PibenchError
from pibench.pareto.model import Latency, Setting
from pibench.pareto.trained import Trained, identity
from pibench.report import Condition, Report, Result
from pibench.words.results import reasons

Choose = Callable[[str, Sequence[Condition]], Condition]


class Timed(NamedTuple):
    """A latency, when it was measured, and what tells the network: the one it deploys, or the file's digest."""

    setting: Setting
    latency: Latency
    created: str
    deployed: str
    digest: str | None

    def is_of(self, trained: Trained) -> bool:
        return self.digest in trained.files or self.deployed == trained.deployed


def timings(name: str, report: Report, choose: Choose) -> list[Timed]:
    """Those of one condition, which ``choose`` picks from several. Raises ParetoError without a figure."""
    # Behind the first, a profile's results are layers cut out.
    results = [result for result in (report.results[:1] if report.profile else report.results) if result.summary]
    if not results:
        raise ParetoError(f"{name} has no latency in it: measure networks with pibench bench")
    condition = choose(name, list(dict.fromkeys(result.condition for result in results)))
    setting = _setting(report, condition)
    return list(_timings(name, report, setting, [result for result in results if result.condition == condition]))


def _setting(report: Report, condition: Condition) -> Setting:
    versions = {runtime.name: runtime.version for runtime in report.runtimes}
    return Setting(
        device=report.device.name,
        system=f"{report.device.os_bits}-bit {report.device.os}",
        runtime_version=versions.get(condition.runtime, "of an unknown version"),
        condition=condition,
        statistic=report.protocol.statistic,
    )


def _timings(name: str, report: Report, setting: Setting, results: Sequence[Result]) -> Iterator[Timed]:
    for result in results:
        subject, summary = result.subject, result.summary
        assert summary is not None
        latency = Latency(
            ns=summary.latency_ns,
            low_ns=summary.low_ns,
            high_ns=summary.high_ns,
            processes=max(1, summary.processes),
            report=name,
            subject=subject.name,
            untrusted="" if result.verdict == "trusted" else reasons(result)[1] or "untrusted",
        )
        deployed = _deployed(subject.name) if subject.kind == "architecture" else ""
        yield Timed(setting, latency, report.created, deployed, subject.digest if subject.kind == "file" else None)


@cache
def _deployed(spec: str) -> str:
    """Nothing for what this pibench cannot build."""
    from pibench.models.architectures import build

    try:
        return identity(build(spec))
    except PibenchError:
        return ""
