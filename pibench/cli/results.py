"""The table of results, and what is to be said below it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pibench.cli.format import magnitude, milliseconds, percent, rate
from pibench.report import Condition, Report, Result

# Below this many columns, conditions share the subjects' column.
WIDE_TERMINAL = 110


def show_results(report: Report, console: Console) -> None:
    """Print device, table and notes."""
    console.print(_heading(report), highlight=False, markup=False)
    console.print(_table(report.results, console.width))
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


def _table(results: Sequence[Result], width: int) -> Table:
    conditions = {result.condition for result in results}
    own_column = len(conditions) > 1 and width >= WIDE_TERMINAL
    table = Table(box=None, pad_edge=False, collapse_padding=True, header_style="bold")
    table.add_column("subject", overflow="fold", min_width=16)
    if own_column:
        table.add_column("condition")
    for name in ("MACs", "params", "median ms", "95 %", "p95 ms", "inf/s"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("doubt", style="yellow", min_width=14)
    for result in _distinct(results):
        condition = "" if _never_ran(result) else _short(result.condition, conditions)
        name = result.subject.name
        labels = [name, condition] if own_column else [f"{name}\n{condition}".rstrip()]
        # As Text, since a name may look like rich's markup.
        table.add_row(*map(Text, labels), *_figures(result), style="red" if result.summary is None else "")
    return table


def _never_ran(result: Result) -> bool:
    return result.failure is not None and result.failure.kind == "subject"


def _distinct(results: Sequence[Result]) -> list[Result]:
    """A subject that could not even be read shows once, not once per condition."""
    shown: dict[object, Result] = {}
    for result in results:
        shown.setdefault(result.subject.name if _never_ran(result) else id(result), result)
    return list(shown.values())


def _short(condition: Condition, among: Iterable[Condition]) -> str:
    """The parts of a condition that vary among those shown."""
    parts: list[str] = []
    if len({c.runtime for c in among}) > 1:
        parts.append(condition.runtime)
    if len({c.threads for c in among}) > 1:
        parts.append(f"{condition.threads} thread{'s' if condition.threads > 1 else ''}")
    if len({c.kernels for c in among}) > 1:
        parts.append(condition.kernels)
    return " ".join(parts)


def _figures(result: Result) -> list[str]:
    subject, summary = result.subject, result.summary
    doubts = ", ".join(_plain(doubt.kind) for doubt in result.doubts)
    if summary is None:
        kind = _plain(result.failure.kind) if result.failure else "not measured"
        return [magnitude(subject.macs), magnitude(subject.parameters), "–", "–", "–", "–", kind]
    return [
        magnitude(subject.macs),
        magnitude(subject.parameters),
        milliseconds(summary.median_ns, summary.high_ns - summary.low_ns),
        f"±{percent(summary.relative_half_width)}",
        milliseconds(summary.p95_ns, summary.high_ns - summary.low_ns),
        rate(summary.inferences_per_second),
        doubts,
    ]


def _notes(results: Sequence[Result]) -> list[str]:
    """Each kind of doubt once, in the words of the first row that has it."""
    rows_with: dict[str, list[Result]] = {}
    sentences: dict[str, str] = {}
    for result in results:
        for doubt in result.doubts:
            rows_with.setdefault(doubt.kind, []).append(result)
            sentences.setdefault(doubt.kind, doubt.message)
    return [f"  {_plain(kind)}{_where(rows_with[kind], results)}: {text}" for kind, text in sentences.items()]


def _where(concerned: Sequence[Result], results: Sequence[Result]) -> str:
    measured = [result for result in results if result.summary is not None]
    if len(measured) == 1:
        return ""
    return f" ({len(concerned)} of {len(measured)} rows; the first: {concerned[0].subject.name})"


def _plain(kind: str) -> str:
    return kind.replace("_", " ")
