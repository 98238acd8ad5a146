"""The table of results, and what is to be said below it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pibench.cli.format import duration, magnitude, milliseconds, percent, rate
from pibench.report import Condition, Report, Result
from pibench.report.model import threads_in_words

# Below this many columns, conditions share the subjects' column.
WIDE_TERMINAL = 110
# Below this many, verdicts do so too where a table is wide.
NARROW_TERMINAL = 80


def show_results(report: Report, console: Console) -> None:
    """Print device, table and notes."""
    console.print(heading(report), highlight=False, markup=False)
    console.print(_table(report, console.width))
    for note in (*notes(report.results), *run_notes(report)):
        console.print(note, highlight=False, markup=False)


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


def _table(report: Report, width: int) -> Table:
    results = report.results
    conditions = {result.condition for result in results}
    own_column = len(conditions) > 1 and width >= WIDE_TERMINAL
    table = Table(box=None, pad_edge=False, collapse_padding=True, header_style="bold")
    table.add_column("subject", overflow="fold", min_width=16)
    if own_column:
        table.add_column("condition")
    for name in ("MACs", "params", f"{report.protocol.statistic} ms", "95 %", "p95 ms", "inf/s"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict", min_width=14)
    for result in _distinct(results):
        condition = "" if _never_ran(result) else short_condition(result.condition, conditions)
        name = result.subject.name
        labels = [name, condition] if own_column else [f"{name}\n{condition}".rstrip()]
        # As Text, since a name may look like rich's markup.
        row: list[Text | str] = [*map(Text, labels), *_figures(result), verdict_of(result)]
        table.add_row(*row, style="red" if result.summary is None else "")
    return table


def _never_ran(result: Result) -> bool:
    return result.failure is not None and result.failure.kind == "subject"


def _distinct(results: Sequence[Result]) -> list[Result]:
    """A subject that could not even be read shows once, not once per condition."""
    shown: dict[object, Result] = {}
    for result in results:
        shown.setdefault(result.subject.name if _never_ran(result) else id(result), result)
    return list(shown.values())


def short_condition(condition: Condition, among: Iterable[Condition]) -> str:
    """The parts of a condition that vary among those shown."""
    parts: list[str] = []
    if len({c.runtime for c in among}) > 1:
        parts.append(condition.runtime)
    if len({c.threads for c in among}) > 1:
        parts.append(threads_in_words(condition.threads))
    if len({c.kernels for c in among}) > 1:
        parts.append(condition.kernels)
    return " ".join(parts)


def _figures(result: Result) -> list[str]:
    subject, summary = result.subject, result.summary
    if summary is None:
        return [magnitude(subject.macs), magnitude(subject.parameters), "–", "–", "–", "–"]
    return [
        magnitude(subject.macs),
        magnitude(subject.parameters),
        milliseconds(summary.latency_ns, summary.high_ns - summary.low_ns),
        f"±{percent(summary.relative_half_width)}",
        milliseconds(summary.p95_ns, summary.high_ns - summary.low_ns),
        rate(summary.inferences_per_second),
    ]


def verdict_of(result: Result) -> Text:
    """Trusted or not, with the reasons, and what else is to be known."""
    if result.summary is None:
        return Text(_plain(result.failure.kind) if result.failure else "not measured")
    grave = ", ".join(_plain(doubt.kind) for doubt in result.doubts if doubt.grave)
    other = ", ".join(_plain(doubt.kind) for doubt in result.doubts if not doubt.grave)
    shown = Text(f"untrusted: {grave}", "red") if grave else Text("trusted", "green")
    return shown.append(f"; {other}", "yellow") if other else shown


def notes(results: Sequence[Result]) -> list[str]:
    """Each kind of doubt once, in the words of the first row that has it."""
    rows_with: dict[str, list[Result]] = {}
    sentences: dict[str, str] = {}
    for result in results:
        for doubt in result.doubts:
            rows_with.setdefault(doubt.kind, []).append(result)
            sentences.setdefault(doubt.kind, doubt.message)
    return [f"  {_plain(kind)}{_where(rows_with[kind], results)}: {text}" for kind, text in sentences.items()]


def run_notes(report: Report) -> list[str]:
    """What concerns the whole run: heat and clock, and what watching them cost."""
    notes = []
    if report.protocol.pause_s and any(session.cool_down.outcome == "no_sensor" for session in report.sessions):
        pause_s = report.protocol.pause_s
        notes.append(f"  no temperature sensor: {pause_s:g} s of pause before each process instead of cooling down")
    traces = [session.trace for session in report.sessions if session.trace.reading_ns is not None]
    if traces:
        reading_ns = max(trace.reading_ns or 0 for trace in traces)
        load = reading_ns / (traces[0].period_ms * 1e6)
        notes.append(
            f"  heat and clock: {len(traces[0].channels)} sensors read every {traces[0].period_ms:g} ms,"
            f" {duration(reading_ns)} each time ({load:.2g} of one core)"
        )
    return notes


def _where(concerned: Sequence[Result], results: Sequence[Result]) -> str:
    measured = [result for result in results if result.summary is not None]
    if len(measured) == 1:
        return ""
    return f" ({len(concerned)} of {len(measured)} rows; the first: {concerned[0].subject.name})"


def _plain(kind: str) -> str:
    return kind.replace("_", " ")
