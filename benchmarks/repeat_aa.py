"""A/A: how often identical models are called different, and by how much the ratio errs.

`pibench ab` and the usual way take turns in one run: the same model loaded twice in a fresh
worker, warmed up alike, at equal sampling time. The usual way takes all samples of A, then all
of B, and asks Welch's t-test.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import msgspec
import numpy as np
from repeat_setting import CONDITION, Model, Setting, at_most, percentiles, warm
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from pibench.measure.duel import Contestant, DuelProtocol, DuelSampler, judged, processes_abreast
from pibench.stats import Interval, verdict
from pibench.stats._distributions import student_quantile
from pibench.stats.paired import Floats, Verdict
from pibench.worker.client import Worker
from pibench.worker.protocol import Run, Sampled

THRESHOLD = 0.01
BLOCK_S = 0.02
Way = Literal["interleaved", "blocked"]


class Row(msgspec.Struct, kw_only=True):
    """One comparison. ``of_medians``: the ratio of the medians, where ``ratio`` is that of the means."""

    way: Way
    model: str
    ratio: float
    low: float
    high: float
    verdict: Verdict
    of_medians: float
    sampling_s: float
    wall_s: float


def total(setting: Setting) -> int:
    return int(setting.options.aa_comparisons)


def rows(setting: Setting) -> Iterator[list[Row]]:
    """Each comparison in both ways, in turns which is first."""
    for number in range(total(setting)):
        model = setting.models[number % len(setting.models)]
        ways = [interleaved, blocked][:: 1 if number % 2 else -1]
        yield [_timed(way, model, setting.options.seconds, setting.options.seed + number) for way in ways]


def _timed(way: Callable[[Model, float, int], Row], model: Model, seconds: float, seed: int) -> Row:
    begin_s = time.monotonic()
    row = way(model, seconds, seed)
    row.wall_s = time.monotonic() - begin_s
    return row


def interleaved(model: Model, seconds: float, seed: int) -> Row:
    contestant = Contestant(model.spec, model.path, CONDITION)
    protocol = DuelProtocol(seconds=seconds, seed=seed)
    samples = DuelSampler((contestant, contestant), protocol, worker=Worker, abreast=processes_abreast()).run()
    duel = judged(samples.latencies, THRESHOLD)
    return Row(
        way="interleaved",
        model=model.spec,
        ratio=duel.ratio,
        low=duel.low,
        high=duel.high,
        verdict=duel.verdict,
        of_medians=duel.median_b_ns / duel.median_a_ns,
        sampling_s=samples.sampling_ns / 1e9,
        wall_s=math.nan,
    )


def blocked(model: Model, seconds: float, seed: int) -> Row:
    with Worker() as worker:
        engines = [warm(worker, model.path).engine for _ in range(2)]
        a, b = (_samples(worker, engine, model.latency_ns, seconds / 2) for engine in engines)
    ratio = welch_ratio(a, b)
    return Row(
        way="blocked",
        model=model.spec,
        ratio=ratio.estimate,
        low=ratio.low,
        high=ratio.high,
        verdict=verdict(ratio, THRESHOLD),
        of_medians=float(np.median(b) / np.median(a)),
        sampling_s=float(a.sum() + b.sum()) / 1e9,
        wall_s=math.nan,
    )


def _samples(worker: Worker, engine: int, latency_ns: float, seconds: float) -> Floats:
    durations_ns: list[int] = []
    while sum(durations_ns) < seconds * 1e9:
        durations_ns += worker.ask(Run(engine, max(1, int(BLOCK_S * 1e9 / latency_ns))), Sampled).duration_ns
    return np.array(durations_ns, float)


def welch_ratio(a: Floats, b: Floats) -> Interval:
    """Mean of b over mean of a; the interval excludes 1 where Welch's t-test calls them different.

    The difference of the means has Welch's interval; as a share of a's mean it is the ratio's.
    """
    of_a, of_b = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
    degrees = (of_a + of_b) ** 2 / (of_a**2 / (len(a) - 1) + of_b**2 / (len(b) - 1))
    half = student_quantile(0.975, float(degrees)) * math.sqrt(of_a + of_b)
    ratio = float(b.mean() / a.mean())
    return Interval(ratio, ratio - half / float(a.mean()), ratio + half / float(a.mean()))


def show(found: Sequence[Row], console: Console) -> None:
    table = Table(title="A/A: identical models compared", box=SIMPLE, padding=(0, 0, 0, 1))
    for name in ("way", "false calls", "at most", "different by 1 %", "same", "error: median", "p95", "largest"):
        table.add_column(name, justify="left" if name == "way" else "right")
    for name in ("sampling s", "wall s"):
        table.add_column(name, justify="right")
    for way in ("interleaved", "blocked"):
        mine = [row for row in found if row.way == way]
        if mine:
            table.add_row(*_cells(way, mine))
    console.print(table)
    medians = percentiles([row.of_medians - 1 for row in found if row.way == "blocked"])
    console.print(f"blocked, ratio of the medians instead: error {' / '.join(medians)} (median / p95 / largest)")


def _cells(way: str, mine: Sequence[Row]) -> list[str]:
    called = sum(not row.low <= 1 <= row.high for row in mine)
    different = sum(row.verdict in ("slower", "faster") for row in mine)
    same = sum(row.verdict == "same" for row in mine)
    return [
        {"interleaved": "pibench ab", "blocked": "all of A, then B; Welch"}[way],
        f"{called}/{len(mine)} = {called / len(mine):.1%}",
        f"{at_most(called, len(mine)):.1%}",
        str(different),
        str(same),
        *percentiles([row.ratio - 1 for row in mine]),
        f"{np.mean([row.sampling_s for row in mine]):.2f}",
        f"{np.mean([row.wall_s for row in mine]):.2f}",
    ]
