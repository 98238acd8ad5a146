"""Reports that no run wrote: latencies by process, on a board that can be changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from msgspec.structs import replace
from sample_report import sample_report
from timed_results import timed

from pibench.measure.run import Outcome
from pibench.report import Condition, Doubt, Reference, Report, Result, Session

NET = "mobilenet_v1:depth=3"


def saved(*results: Result, **changes: Any) -> Report:
    """A report of these results; changes are its fields, or those of its device."""
    of_device = {key: changes.pop(key) for key in list(changes) if hasattr(sample_report().device, key)}
    report = replace(sample_report(), results=results, profile=None, **changes)
    if "sessions" not in changes:
        report = replace(report, sessions=tuple(_sessions(report)))
    return replace(report, device=replace(report.device, **of_device))


def joined(earlier: Report, later: Report) -> Report:
    """One report of two campaigns, as the plugin for pytest writes them."""
    first, second = (Outcome(report.results, report.sessions, complete=True) for report in (earlier, later))
    both = first.followed_by(second)
    return saved(*both.results, sessions=both.sessions)


def _sessions(report: Report) -> Iterator[Session]:
    """Of each process that has samples: one in which all results took turns, or one for each."""
    (session,) = sample_report().sessions
    sampled = {(one.process, index) for index, result in enumerate(report.results) for one in result.measurements}
    for process in sorted({process for process, _ in sampled}):
        indices = sorted(index for of_process, index in sampled if of_process == process)
        for turns in [indices] if report.protocol.interleaved else [[index] for index in indices]:
            yield replace(session, process=process, rounds=(tuple(turns),) * 2)


def net(centre_ns: float, name: str = NET, condition: Condition | None = None, spread: float = 0.001) -> Result:
    """Of five processes about a latency, as far from each other as ``spread`` says."""
    return timed(name, [[round(centre_ns * (1 + spread * k))] * 2 for k in (-1, 0, 1, 0.5, -0.5)], condition)


def drawn(rng: np.random.Generator, centre_ns: float, processes: int, run_sd: float, process_sd: float) -> Result:
    """Of a run that is off by chance, and processes that are so again."""
    run = rng.normal(0, run_sd)
    logs = run + rng.normal(0, process_sd, processes)
    return timed(NET, [[round(centre_ns * float(np.exp(log)))] for log in logs])


def untrusted(result: Result, kind: str = "preempted") -> Result:
    return replace(result, verdict="untrusted", doubts=(Doubt(kind=kind, message="why", grave=True),))  # type: ignore[arg-type]


def with_model(result: Result, digest: str, kind: str = "file") -> Result:
    return replace(result, subject=replace(result.subject, digest=digest, kind=kind))


def with_reference(result: Result, duration_ns: int) -> Result:
    """With another duration of the fixed reference."""
    reference = Reference(start_ns=(0,), duration_ns=(duration_ns,))
    return replace(result, measurements=tuple(replace(one, reference=reference) for one in result.measurements))


def paired(centres: Sequence[float], name: str, condition: Condition | None = None) -> Result:
    """One latency for each process."""
    return timed(name, [[round(centre)] * 2 for centre in centres], condition)
