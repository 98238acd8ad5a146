"""What a table of results says, cell by cell, and what is to be said below it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pibench.report import Condition, Report, Result
from pibench.report.model import cores_in_words, threads_in_words
from pibench.words.doubts import Doubted, Reasons, once_each, plain, reasons_of
from pibench.words.numbers import duration, magnitude, milliseconds, percent, rate


def heading(report: Report) -> str:
    """The board as it was, and the runtimes."""
    device = report.device
    runtimes = ", ".join(f"{runtime.name} {runtime.version}" for runtime in report.runtimes)
    facts = [f"{device.cores} cores", f"{device.os_bits}-bit {device.os}"]
    if device.governor:
        facts.append(f"governor {device.governor}")
    if device.temperature_c is not None:
        facts.append(f"{device.temperature_c:.0f} °C")
    return f"{device.name}: {', '.join(facts)}; {runtimes or 'no runtime'}"


COSTS = ("MACs", "params")


def costs_of(result: Result) -> list[str]:
    """One result's cells under ``COSTS``."""
    return [magnitude(result.subject.macs), magnitude(result.subject.parameters)]


def columns(report: Report) -> tuple[str, ...]:
    """Names of the cells that ``figures`` gives."""
    return (f"{report.protocol.statistic} ms", "95 %", "p95 ms", "inf/s")


def figures(result: Result) -> list[str]:
    """One result's cells, dashes where there is no figure."""
    summary = result.summary
    if summary is None:
        return ["–", "–", "–", "–"]
    return [
        milliseconds(summary.latency_ns, summary.high_ns - summary.low_ns),
        f"±{percent(summary.relative_half_width)}",
        milliseconds(summary.p95_ns, summary.high_ns - summary.low_ns),
        rate(summary.inferences_per_second),
    ]


def reasons(result: Result) -> Reasons:
    """Of "trusted" or "untrusted", or why there is no figure."""
    if result.summary is None or result.verdict is None:
        return Reasons(plain(result.failure.kind) if result.failure else "not measured")
    return reasons_of(result.verdict, result.doubts)


def short_condition(condition: Condition, among: Iterable[Condition]) -> str:
    """The parts of a condition that vary among those shown."""
    parts: list[str] = []
    if len({c.runtime for c in among}) > 1:
        parts.append(condition.runtime)
    if len({c.threads for c in among}) > 1:
        parts.append(threads_in_words(condition.threads))
    if len({c.kernels for c in among}) > 1:
        parts.append(condition.kernels)
    if len({c.cpus for c in among}) > 1:
        parts.append(cores_in_words(condition.cpus))
    return " ".join(parts)


def never_ran(result: Result) -> bool:
    """Whether the subject could not even be read or built."""
    return result.failure is not None and result.failure.kind == "subject"


def distinct(results: Sequence[Result]) -> list[Result]:
    """A subject that could not even be read shows once, not once per condition."""
    shown: dict[object, Result] = {}
    for result in results:
        shown.setdefault(result.subject.name if never_ran(result) else id(result), result)
    return list(shown.values())


def notes(results: Sequence[Result]) -> list[str]:
    """Each kind of doubt once, of the rows that are shown."""
    return once_each([Doubted(result.subject.name, result.doubts) for result in distinct(results)])


def run_notes(report: Report) -> list[str]:
    """What concerns the whole run: heat and clock, and what watching them cost."""
    notes = []
    if report.protocol.pause_s and any(session.cool_down.outcome == "no_sensor" for session in report.sessions):
        pause_s = report.protocol.pause_s
        notes.append(f"no temperature sensor: {pause_s:g} s of pause before each process instead of cooling down")
    traces = [session.trace for session in report.sessions if session.trace.reading_ns is not None]
    if traces:
        reading_ns = max(trace.reading_ns or 0 for trace in traces)
        load = reading_ns / (traces[0].period_ms * 1e6)
        notes.append(
            f"heat and clock: {len(traces[0].channels)} sensors read every {traces[0].period_ms:g} ms,"
            f" {duration(reading_ns)} each time ({load:.2g} of one core)"
        )
    return notes
