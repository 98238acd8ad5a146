"""Whether the interval of one run covers the figure of a fresh one.

`pibench bench` is run again and again on the same networks, as a user would. Each run says where a
fresh one will land (98 %); so many of the others did. Runs that pibench itself calls untrusted, for
other work on the machine as a rule, are counted apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations

import msgspec
import numpy as np
from repeat_runs import bench
from repeat_setting import Setting
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from pibench.report import Result, Summary

NETWORKS = (
    "mobilenet_v1:depth=15,width=32",
    "mobilenet_v2:depth=9,width=16,expansion=4,se=2",
    "wide_resnet:depth=22,width=16",
)


class Row(msgspec.Struct, kw_only=True):
    """One network in one run, in ns."""

    run: int
    model: str
    latency_ns: float
    trusted: bool
    processes: int
    fresh_low_ns: float
    fresh_high_ns: float


def total(setting: Setting) -> int:
    return 1 + int(setting.options.fresh_runs)


def rows(setting: Setting) -> Iterator[list[Row]]:
    for run in range(total(setting)):
        report = bench(NETWORKS, "--seed", str(setting.options.seed + run))
        yield [_row(run, result, result.summary) for result in report.results if result.summary]


def _row(run: int, result: Result, summary: Summary) -> Row:
    return Row(
        run=run,
        model=result.subject.name,
        latency_ns=summary.latency_ns,
        trusted=result.verdict == "trusted",
        processes=summary.processes,
        fresh_low_ns=summary.fresh_low_ns or 0.0,
        fresh_high_ns=summary.fresh_high_ns or 0.0,
    )


def show(found: Sequence[Row], console: Console) -> None:
    table = Table(title="Fresh runs within the interval that a run gave", box=SIMPLE, padding=(0, 0, 0, 1))
    table.add_column("network")
    for name in ("trusted", "in the first one's", "in every trusted one's", "of all", "± of a fresh run", "processes"):
        table.add_column(name, justify="right")
    for model in dict.fromkeys(row.model for row in found):
        table.add_row(model, *_cells([row for row in found if row.model == model]))
    console.print(table)


def _cells(runs: Sequence[Row]) -> list[str]:
    trusted = [row for row in runs if row.trusted]
    inside = sum(_covers(trusted[0], row) for row in trusted[1:])
    return [
        f"{len(trusted)}/{len(runs)}",
        f"{inside}/{len(trusted) - 1}" if trusted else "–",
        _share(trusted),
        _share(runs),
        f"{np.median([(row.fresh_high_ns - row.fresh_low_ns) / 2 / row.latency_ns for row in runs]):.1%}",
        f"{np.mean([row.processes for row in runs]):.1f}",
    ]


def _share(runs: Sequence[Row]) -> str:
    pairs = [_covers(one, other) for one, other in permutations(runs, 2)]
    return f"{np.mean(pairs):.1%}" if pairs else "–"


def _covers(one: Row, other: Row) -> bool:
    return one.fresh_low_ns <= other.latency_ns <= one.fresh_high_ns
