"""A/A of saved reports: how often `pibench compare` calls runs of the same networks different.

`pibench bench` is run again and again, every two reports are compared, with what runs differ by
reckoned in and without. Pairs share runs, so that there are fewer independent ones than comparisons.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from repeat_fresh import NETWORKS
from repeat_runs import bench
from repeat_setting import Setting, percentiles
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from pibench.compare import RUN_SD, THRESHOLD, compare
from pibench.report import Report
from pibench.stats import Interval, verdict


class Row(msgspec.Struct, kw_only=True):
    """One network in two runs. ``run_sd``: what was reckoned with; the interval is of this comparison alone."""

    model: str
    run_sd: float
    ratio: float
    low: float
    high: float
    trusted: bool


def total(setting: Setting) -> int:
    return int(setting.options.saved_runs)


def rows(setting: Setting) -> Iterator[list[Row]]:
    """Each run against all before it."""
    reports: list[Report] = []
    for _ in range(total(setting)):
        new = bench(NETWORKS, "--seed", str(setting.options.seed))
        yield [row for old in reports for row in _rows(old, new)]
        reports.append(new)


def _rows(old: Report, new: Report) -> Iterator[Row]:
    for model in NETWORKS:
        for run_sd in (RUN_SD, 0.0):
            chosen = {"subject": model}
            (row,) = compare(old, new, base_choice=chosen, new_choice=chosen, run_sd=run_sd).rows
            if row.ratio is not None and row.low is not None and row.high is not None:
                yield Row(
                    model=model,
                    run_sd=run_sd,
                    ratio=row.ratio,
                    low=row.low,
                    high=row.high,
                    trusted=row.verdict != "untrusted",
                )


def show(found: Sequence[Row], console: Console) -> None:
    table = Table(title="A/A: saved reports compared", box=SIMPLE, padding=(0, 0, 0, 1))
    table.add_column("way")
    for name in ("comparisons", "interval excludes 1", f"different by {THRESHOLD:.0%}", f"same within {THRESHOLD:.0%}"):
        table.add_column(name, justify="right")
    table.add_column("error: median, p95, largest", justify="right")
    for run_sd in (RUN_SD, 0.0):
        for name, trusted in (("both trusted", True), ("all", False)):
            mine = [row for row in found if row.run_sd == run_sd and (row.trusted or not trusted)]
            if mine:
                table.add_row(f"±{run_sd:.1%} between runs, {name}", *_cells(mine))
    console.print(table)


def _cells(mine: Sequence[Row]) -> list[str]:
    verdicts = [verdict(Interval(row.ratio, row.low, row.high), THRESHOLD) for row in mine]
    return [
        str(len(mine)),
        str(sum(not row.low <= 1 <= row.high for row in mine)),
        str(sum(one in ("slower", "faster") for one in verdicts)),
        str(verdicts.count("same")),
        ", ".join(percentiles([row.ratio - 1 for row in mine])),
    ]
