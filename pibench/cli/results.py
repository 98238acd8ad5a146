"""The table of results, and what is to be said below it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from pibench.cli.format import count, duration_range, milliseconds, rate
from pibench.report import Condition, Report, Result


def show_results(report: Report) -> None:
    """Print device, table and notes to standard output."""
    console = Console()
    console.print(_heading(report), highlight=False, markup=False)
    console.print(_table(report.results))
    for note in _notes(report.results):
        console.print(note, highlight=False, markup=False)


def _heading(report: Report) -> str:
    device = report.device
    runtimes = ", ".join(f"{runtime.name} {runtime.version}" for runtime in report.runtimes)
    where = device.board or device.cpu_model or device.architecture
    facts = [f"{device.cores} cores", f"{device.os_bits}-bit {device.os}"]
    if device.governor:
        facts.append(f"governor {device.governor}")
    if device.temperature_c is not None:
        facts.append(f"{device.temperature_c:.0f} °C")
    return f"{where}: {', '.join(facts)}; {runtimes or 'no runtime'}"


def _table(results: Sequence[Result]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    conditions = {result.condition for result in results}
    table.add_column("subject", overflow="fold", ratio=1)
    if len(conditions) > 1:
        table.add_column("condition", overflow="fold")
    for name in ("MACs", "parameters", "median ms", "95 % interval", "p95 ms", "inf/s"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("doubt", overflow="fold", style="yellow")
    for result in results:
        cells = [result.subject.name]
        if len(conditions) > 1:
            cells.append(_short(result.condition, conditions))
        table.add_row(*cells, *_figures(result), style="red" if result.summary is None else "")
    return table


def _short(condition: Condition, among: Iterable[Condition]) -> str:
    """The parts of a condition that vary among those shown."""
    parts: list[str] = []
    if len({c.runtime for c in among}) > 1:
        parts.append(condition.runtime)
    if len({c.threads for c in among}) > 1:
        parts.append(f"{condition.threads} thr")
    if len({c.kernels for c in among}) > 1:
        parts.append(condition.kernels)
    return " ".join(parts)


def _figures(result: Result) -> list[str]:
    subject, summary = result.subject, result.summary
    doubts = ", ".join(doubt.kind.replace("_", " ") for doubt in result.doubts)
    if summary is None:
        kind = result.failure.kind.replace("_", " ") if result.failure else "not measured"
        return [count(subject.macs), count(subject.parameters), "–", "–", "–", "–", kind]
    return [
        count(subject.macs),
        count(subject.parameters),
        milliseconds(summary.median_ns, summary.high_ns - summary.low_ns),
        duration_range(summary.low_ns, summary.high_ns),
        milliseconds(summary.p95_ns, summary.high_ns - summary.low_ns),
        rate(summary.inferences_per_second),
        doubts,
    ]


def _notes(results: Sequence[Result]) -> list[str]:
    """Each doubt once, with the subjects it concerns."""
    concerned: dict[str, list[str]] = {}
    for result in results:
        for doubt in result.doubts:
            names = concerned.setdefault(f"{doubt.kind.replace('_', ' ')}: {doubt.message}", [])
            if result.subject.name not in names:
                names.append(result.subject.name)
    everyone = len({result.subject.name for result in results})
    return [
        f"  {text}" + (f" ({'all' if len(names) == everyone > 1 else '; '.join(names)})" if everyone > 1 else "")
        for text, names in concerned.items()
    ]
