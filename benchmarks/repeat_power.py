"""Power: how often `pibench ab` finds a slowdown of known length, and whether it ever calls it a gain.

B is A with steps of the fixed reference added to every invocation. A step is timed alone, before
and after each comparison: the length that was truly added is known beside the length asked for.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
from repeat_setting import CONDITION, Model, Setting, at_least, look, percentiles
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from pibench.measure.duel import Contestant, DuelProtocol, DuelSampler, judged, processes_abreast
from pibench.stats.paired import Verdict
from pibench.worker.client import Worker

SLOWDOWNS = (0.03, 0.02, 0.01, 0.0)
LONGEST_NS = 1_000_000
SECONDS = 0.5


class Row(msgspec.Struct, kw_only=True):
    """One comparison. ``injected``: B's latency over A's, from the chain timed alone."""

    model: str
    asked: float
    injected: float
    ratio: float
    low: float
    high: float
    verdict: Verdict
    sampling_s: float
    wall_s: float


def total(setting: Setting) -> int:
    return len(SLOWDOWNS) * int(setting.options.power_comparisons)


def rows(setting: Setting) -> Iterator[list[Row]]:
    """The slowdowns in turns, so that each meets the same states of the machine."""
    short = [model for model in setting.models if model.latency_ns < LONGEST_NS]
    if not short:
        raise SystemExit("no model of the default suite takes less than 1 ms here: power has nothing to show")
    for number in range(total(setting)):
        comparison, which = divmod(number, len(SLOWDOWNS))
        seed = setting.options.seed + number
        yield [compared(short[comparison % len(short)], SLOWDOWNS[which], seed)]


def compared(model: Model, asked: float, seed: int) -> Row:
    before = look(model.path)
    steps = round(asked * before.latency_ns / before.step_ns)
    plain = Contestant(model.spec, model.path, CONDITION)
    begin_s = time.monotonic()
    protocol = DuelProtocol(seconds=SECONDS, seed=seed)
    slowed = plain._replace(extra_chain=steps)
    samples = DuelSampler((plain, slowed), protocol, worker=Worker, abreast=processes_abreast()).run()
    wall_s = time.monotonic() - begin_s
    duel = judged(samples.latencies, threshold=0)
    step_ns = statistics.mean((before.step_ns, look(model.path).step_ns))
    return Row(
        model=model.spec,
        asked=asked,
        injected=1 + steps * step_ns / duel.median_a_ns,
        ratio=duel.ratio,
        low=duel.low,
        high=duel.high,
        verdict=duel.verdict,
        sampling_s=samples.sampling_ns / 1e9,
        wall_s=wall_s,
    )


def show(found: Sequence[Row], console: Console) -> None:
    title = f"Power of pibench ab, models under {LONGEST_NS / 1e6:g} ms, {SECONDS:g} s of samples"
    table = Table(title=title, box=SIMPLE, padding=(0, 0, 0, 1))
    for name in ("asked", "injected", "called slower", "at least", "called faster", "off: median", "p95", "largest"):
        table.add_column(name, justify="right")
    for name in ("covered", "sampling s", "wall s"):
        table.add_column(name, justify="right")
    for asked in SLOWDOWNS:
        mine = [row for row in found if row.asked == asked]
        if mine:
            table.add_row(*_cells(asked, mine))
    console.print(table)


def _cells(asked: float, mine: Sequence[Row]) -> list[str]:
    slower, faster = (sum(row.verdict == word for row in mine) for word in ("slower", "faster"))
    covered = sum(row.low <= row.injected <= row.high for row in mine)
    injected = [row.injected - 1 for row in mine]
    return [
        f"+{asked:.0%}",
        f"+{np.median(injected):.2%} ({min(injected):.2%} to {max(injected):.2%})",
        f"{slower}/{len(mine)} = {slower / len(mine):.1%}",
        f"{at_least(slower, len(mine)):.1%}",
        str(faster),
        *percentiles([row.ratio / row.injected - 1 for row in mine]),
        f"{covered}/{len(mine)}",
        f"{np.mean([row.sampling_s for row in mine]):.2f}",
        f"{np.mean([row.wall_s for row in mine]):.2f}",
    ]
