"""Levels: what identical models differ by from pair to pair, instance to instance, process to process.

The experiment behind DuelProtocol's defaults: what repeats of each level would gain.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
from repeat_setting import CONDITION, Model, Setting
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from pibench.measure.duel import Contestant, DuelProtocol, DuelSampler, processes_abreast
from pibench.stats import variance_components
from pibench.worker.client import Worker

INSTANCES = 3
SECONDS_PER_INSTANCE = 0.125
# Processes, instances in each, seconds in all.
DESIGNS = ((8, 1, 0.5), (8, 1, 1.0), (4, 2, 1.0), (8, 2, 1.0), (16, 1, 1.0))


class Row(msgspec.Struct, kw_only=True):
    """A model: standard deviations of the log ratio B/A that each level adds."""

    model: str
    process: float
    instance: float
    pair: float
    pairs_per_s: float


def total(setting: Setting) -> int:
    return len(setting.models)


def rows(setting: Setting) -> Iterator[list[Row]]:
    for model in setting.models:
        yield [_row(model, setting.options.level_processes, setting.options.seed)]


def _row(model: Model, processes: int, seed: int) -> Row:
    contestant = Contestant(model.spec, model.path, CONDITION)
    seconds = processes * INSTANCES * SECONDS_PER_INSTANCE
    protocol = DuelProtocol(processes=processes, instances=INSTANCES, seconds=seconds, seed=seed)
    sampler = DuelSampler((contestant, contestant), protocol, worker=Worker, abreast=processes_abreast())
    latencies = sampler.run().latencies
    ratios = [[[[b / a for a, b in instance]] for instance in process] for process in latencies]
    found = variance_components(ratios).relative_sd()
    pairs = float(np.mean([len(instance) for process in latencies for instance in process]))
    return Row(
        model=model.spec,
        process=found.process,
        instance=found.instance,
        pair=found.sample,
        pairs_per_s=pairs / SECONDS_PER_INSTANCE,
    )


def error_sd(row: Row, processes: int, instances: int, seconds: float) -> float:
    """Standard deviation of the ratio under a design; a median of n normal values has π/2 σ²/n."""
    pairs = max(2.0, row.pairs_per_s * seconds / (processes * instances))
    per_instance = row.instance**2 + math.pi / 2 * row.pair**2 / pairs
    return math.sqrt((row.process**2 + per_instance / instances) / processes)


def show(found: Sequence[Row], console: Console) -> None:
    title = "Where the ratio of identical models varies (sd), and its sd by processes × instances, seconds"
    table = Table("model", title=title, box=SIMPLE, padding=(0, 0, 0, 1))
    for name in ("pair", "instance", "process", *(f"{p} × {i}, {s:g} s" for p, i, s in DESIGNS)):
        table.add_column(name, justify="right")
    for row in found:
        sds = [row.pair, row.instance, row.process, *(error_sd(row, *design) for design in DESIGNS)]
        table.add_row(row.model, *(f"{sd:.2%}" for sd in sds))
    console.print(table)
