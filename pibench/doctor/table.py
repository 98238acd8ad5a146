"""A diagnosis as people read it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pibench.doctor.diagnosis import Diagnosis
from pibench.doctor.knob import Finding, Verdict

_STYLES: dict[Verdict, str] = {"disturbs": "red", "unknown": "yellow", "information": "cyan", "fine": "green"}


def show(diagnosis: Diagnosis, console: Console) -> None:
    """A table of all settings, the worst first, then the commands."""
    console.print(_table(diagnosis.findings))
    if diagnosis.absent:
        console.print(f"\nNot on a machine of this kind: {', '.join(diagnosis.absent)}.", highlight=False)
    disturbing = [finding for finding in diagnosis.findings if finding.verdict == "disturbs"]
    _show_commands("To change what disturbs", disturbing, console)
    others = [finding for finding in diagnosis.findings if finding.verdict not in ("disturbs", "unknown")]
    _show_commands("Worth knowing", [finding for finding in others if finding.note or finding.change], console)
    console.print(f"\n{_summary(disturbing)}", highlight=False)


def _table(findings: Sequence[Finding]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", collapse_padding=True)
    table.add_column("setting", min_width=19, overflow="fold")
    table.add_column("now", min_width=18, max_width=26, overflow="fold")
    table.add_column("why it matters", min_width=30)
    for verdict, style in _STYLES.items():
        rows = [finding for finding in findings if finding.verdict == verdict]
        if rows:
            table.add_row(Text(verdict, style))
        for finding in rows:
            now = _unknown(finding) if verdict == "unknown" else finding.now
            table.add_row(Text(f"  {finding.title}"), Text(now), Text(finding.why))
    return table


def _unknown(finding: Finding) -> str:
    return f"{finding.note}" if finding.now == "unknown" else f"{finding.now}: {finding.note}"


def _show_commands(heading: str, findings: Sequence[Finding], console: Console) -> None:
    if findings:
        console.print(f"\n[bold]{heading}[/bold]")
    for finding in findings:
        mark = " (--tune does it)" if finding.tunable else ""
        console.print(Text(f"  {finding.title}{mark}"))
        if finding.note:
            console.print(Padding(Text(finding.note), (0, 0, 0, 4)))
        # Whole lines, however narrow the terminal: a command is there to be copied.
        for label, commands in (("change:", finding.change), ("undo:  ", finding.undo)):
            for command in commands:
                console.print(Text(f"    {label} {command}"), soft_wrap=True)


def _summary(disturbing: Sequence[Finding]) -> str:
    if not disturbing:
        return "Nothing that is known disturbs timing here."
    tunable = sum(finding.tunable for finding in disturbing)
    ends = f"; `pibench doctor --tune -- COMMAND` changes {tunable} of them while COMMAND runs" if tunable else ""
    count = len(disturbing)
    return f"{count} setting{'s' * (count > 1)} {'disturbs' if count == 1 else 'disturb'} timing here{ends}."
