"""Profiles: whole networks beside the sums of their layers, isolated and in place, and the profiler's own cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from layers_setting import NETWORKS, Setting, pibench_json
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from pibench.engine.runtimes import installed_runtimes
from pibench.report import Report


class Row(msgspec.Struct, kw_only=True):
    """Ratios to the whole network's time; None where that way gave nothing."""

    network: str
    runtime: str
    whole_ms: float
    isolated: float | None
    in_place: float | None
    cost: float | None


def total(setting: Setting) -> int:
    return len(NETWORKS) * len(installed_runtimes())


def rows(setting: Setting) -> Iterator[list[Row]]:
    for network in NETWORKS:
        for runtime in installed_runtimes():
            yield [_row(network, runtime.name, setting)]


def _row(network: str, runtime: str, setting: Setting) -> Row:
    output = str(setting.folder / "profile.json")
    found = pibench_json("profile", network, "--runtime", runtime, "--no-roof", "-o", output)
    profile = msgspec.convert(found, Report).profile
    assert profile is not None
    return Row(
        network=network,
        runtime=runtime,
        whole_ms=profile.whole.ns / 1e6,
        isolated=profile.isolated.ratio.ratio if profile.isolated else None,
        in_place=profile.in_place.ratio.ratio if profile.in_place else None,
        cost=profile.in_place.cost.ratio if profile.in_place else None,
    )


def show(found: Sequence[Row], console: Console) -> None:
    table = Table("network", "runtime", title="Sums of layers against the whole", box=SIMPLE, padding=(0, 0, 0, 1))
    for name in ("ms", "isolated", "in place", "profiler's cost"):
        table.add_column(name, justify="right")
    for row in found:
        ratios = [_apart(ratio) for ratio in (row.isolated, row.in_place, row.cost)]
        table.add_row(row.network, row.runtime, f"{row.whole_ms:.3f}", *ratios)
    console.print(table)
    console.print("asked for: isolated within ±5 % each; profiler at most 2 % on networks over 1 ms", style="dim")
    apart = [abs(row.isolated - 1) for row in found if row.isolated is not None]
    costs = [row.cost - 1 for row in found if row.cost is not None and row.whole_ms > 1]
    if apart:
        console.print(
            f"isolated: {sum(one <= 0.05 for one in apart)} of {len(apart)} within ±5 %, worst {max(apart):.1%}"
        )
    if costs:
        console.print(f"profiler's cost on networks over 1 ms: at most {max(costs):.1%} ({len(costs)} of them)")


def _apart(ratio: float | None) -> str:
    return "–" if ratio is None else f"{ratio - 1:+.1%}"
