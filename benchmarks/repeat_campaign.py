"""How far two whole campaigns over the thesis' networks differ, by pibench and by its peers.

All take their samples for the same time per network. Of each way there are two campaigns, the
ways in turns, so that each meets the same states of the machine; the pauses of --protocol thesis
are left out, and so are pibench's.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
from peers import litert_tool, pytest_benchmark
from repeat_runs import bench
from repeat_setting import Model, Setting, look
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from pibench.subject import load_subject

# Of the thesis' table, those of the architectures that are here; WRN-28 with its gates left out.
NETWORKS = (
    "mobilenet_v1:depth=15,width=32",
    "mobilenet_v1:depth=15,width=32,se=2",
    "mobilenet_v1:depth=12,width=64",
    "mobilenet_v1:depth=12,width=64,se=2",
    "mobilenet_v1:depth=15,width=100",
    "mobilenet_v1:depth=15,width=100,se=2",
    "mobilenet_v2:depth=9,width=16,expansion=4",
    "mobilenet_v2:depth=9,width=16,expansion=4,se=2",
    "mobilenet_v2:depth=9,width=24,expansion=4",
    "mobilenet_v2:depth=9,width=24,expansion=4,se=2",
    "mobilenet_v2:depth=12,width=24,expansion=6",
    "mobilenet_v2:depth=12,width=24,expansion=6,se=2",
    "wide_resnet:depth=22,width=16",
    "wide_resnet:depth=22,width=16,se=2",
    "wide_resnet:depth=22,width=24",
    "wide_resnet:depth=22,width=24,se=2",
    "wide_resnet:depth=28,width=32",
)
CAMPAIGNS = 2
PROCESSES = 10
NO_PAUSE = ("--pause", "0.001")
REFERENCE = "the fixed reference beside pibench"


class Row(msgspec.Struct, kw_only=True):
    """A network's figure in one campaign, in ns; the reference has one row for each network."""

    way: str
    campaign: int
    model: str
    latency_ns: float
    wall_s: float


def total(setting: Setting) -> int:
    del setting
    return CAMPAIGNS * len(_WAYS)


def rows(setting: Setting) -> Iterator[list[Row]]:
    """A whole campaign of one way at a time."""
    order = random.Random(setting.options.seed)
    models = [_model(spec, Path(setting.folder, f"campaign{k}.tflite")) for k, spec in enumerate(NETWORKS)]
    for campaign in range(CAMPAIGNS):
        for way in order.sample(list(_WAYS), len(_WAYS)):
            begin_s = time.monotonic()
            found = _WAYS[way](order.sample(models, len(models)), setting.options.campaign_seconds, campaign)
            wall_s = (time.monotonic() - begin_s) / len(models)
            yield [Row(way=name, campaign=campaign, model=m, latency_ns=ns, wall_s=wall_s) for name, m, ns in found]


def _model(spec: str, path: Path) -> Model:
    path.write_bytes(load_subject(spec).model)
    return Model(spec, path, look(path).latency_ns)


Found = list[tuple[str, str, float]]


def _pibench(models: Sequence[Model], seconds: float, campaign: int) -> Found:
    options = ("--processes", str(PROCESSES), "--seconds", str(seconds), "--seed", str(campaign), *NO_PAUSE)
    report = bench([model.spec for model in models], *options)
    found = [("pibench", r.subject.name, r.summary.latency_ns) for r in report.results if r.summary]
    for result in report.results:
        medians = [statistics.median(measurement.reference.duration_ns) for measurement in result.measurements]
        found.append((REFERENCE, result.subject.name, statistics.geometric_mean(medians)))
    return found


def _thesis(models: Sequence[Model], seconds: float, campaign: int) -> Found:
    options = ("--protocol", "thesis", "--seconds", str(seconds), "--seed", str(campaign), *NO_PAUSE)
    report = bench([model.spec for model in models], *options)
    return [("pibench --protocol thesis", r.subject.name, r.summary.latency_ns) for r in report.results if r.summary]


def _litert_tool(models: Sequence[Model], seconds: float, campaign: int) -> Found:
    del campaign
    found = []
    for model in models:
        figure = litert_tool(model.path, 1, seconds, model.latency_ns)
        found.append(("benchmark_litert_model.py, mean", model.spec, figure.mean_ns))
        found.append(("benchmark_litert_model.py, median", model.spec, figure.median_ns))
    return found


def _pytest_benchmark(models: Sequence[Model], seconds: float, campaign: int) -> Found:
    del campaign
    found = []
    for model in models:
        figure = pytest_benchmark(model.path, 1, seconds)
        found.append(("pytest-benchmark, mean", model.spec, figure.mean_ns))
        found.append(("pytest-benchmark, median", model.spec, figure.median_ns))
    return found


_WAYS = {
    "pibench": _pibench,
    "thesis": _thesis,
    "benchmark_litert_model.py": _litert_tool,
    "pytest-benchmark": _pytest_benchmark,
}


def show(found: Sequence[Row], console: Console) -> None:
    title = f"Two campaigns over {len(NETWORKS)} networks of the thesis"
    table = Table(title=title, box=SIMPLE, padding=(0, 0, 0, 1))
    table.add_column("way")
    for name in ("networks", "difference: median", "largest", "of", "wall s per network"):
        table.add_column(name, justify="right")
    for way in dict.fromkeys(row.way for row in found):
        mine = [row for row in found if row.way == way]
        if cells := _cells(mine):
            table.add_row(way, *cells)
    console.print(table)


def _cells(mine: Sequence[Row]) -> list[str]:
    figures = [{row.model: row.latency_ns for row in mine if row.campaign == k} for k in range(CAMPAIGNS)]
    common = [model for model in figures[0] if model in figures[1]]
    if not common:
        return []
    differences = {model: abs(figures[1][model] / figures[0][model] - 1) for model in common}
    worst = max(differences, key=differences.__getitem__)
    return [
        str(len(common)),
        f"{np.median(list(differences.values())):.2%}",
        f"{differences[worst]:.2%}",
        worst,
        f"{np.mean([row.wall_s for row in mine]):.1f}",
    ]
