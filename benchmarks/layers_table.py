"""Table: a whole latency table for WRN-40-2, what it predicts of random prunings, and how fast it is asked."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
from layers_setting import WRN_40_2, Setting, pibench, pibench_json
from rich.console import Console

from pibench.models.architectures import build
from pibench.table import LatencyTable, load


class Row(msgspec.Struct, kw_only=True):
    """A table's making and its check; errors are shares."""

    subjects: int
    seconds: float
    curves: int
    points: int
    factor: float
    residual_sd: float
    networks: int
    correlation: float | None
    bias: float
    median_error: float
    p95_error: float
    largest_error: float
    within_ten: float
    covered: float
    untrusted: int
    lookups: int
    lookups_s: float


LOOKUPS = 100_000


def total(setting: Setting) -> int:
    return 1


def rows(setting: Setting) -> Iterator[list[Row]]:
    yield [made(setting, [WRN_40_2], "wrn", setting.options.prunings)]


def made(setting: Setting, subjects: Sequence[str], name: str, networks: int) -> Row:
    """Build a table afresh and check it, with the commands that a user has."""
    path = Path(setting.folder, f"{name}.table.json")
    seed = str(setting.options.seed)
    begin = time.monotonic()
    pibench("table", "build", *subjects, "-o", str(path), "--seed", seed)
    seconds = time.monotonic() - begin
    checked = pibench_json("table", "check", str(path), "--networks", str(networks), "--seed", seed)
    table = load(path)
    calibration = table.calibrations[0]
    lookups_s = _looked_up(path, subjects[0], setting.options.seed)
    return Row(
        subjects=len(subjects),
        seconds=seconds,
        curves=len(table.curves),
        points=sum(len(curve.points) for curve in table.curves),
        factor=calibration.factor,
        residual_sd=calibration.residual_sd,
        untrusted=sum(not network["trusted"] for network in checked["networks"]),
        lookups=LOOKUPS,
        lookups_s=lookups_s,
        **checked["agreement"],
    )


def _looked_up(path: Path, subject: str, seed: int) -> float:
    """Seconds for so many variants of a network, loading and fitting included."""
    begin = time.monotonic()
    network = LatencyTable.load(path).network(build(subject))
    rng = np.random.default_rng(seed)
    network.latencies(rng.integers(1, network.present + 1, (LOOKUPS, len(network.names))))
    return time.monotonic() - begin


def show(found: Sequence[Row], console: Console) -> None:
    console.print(
        "asked for: at most 15 min; correlation 0.999, median error 0.9 %, largest 6 % (thesis, 60 prunings: 0.9993,"
        " 0.89 %, 6.35 %); 100,000 look-ups in 10 s",
        style="dim",
    )
    show_rows(found, console)


def show_rows(found: Sequence[Row], console: Console) -> None:
    for row in found:
        console.print(
            f"table of {row.subjects} network{'s' if row.subjects > 1 else ''}: {row.seconds / 60:.1f} min,"
            f" {row.points} points in {row.curves} curves;"
            f" networks took {row.factor:.3f} × the sum of their layers, sd {row.residual_sd:.2%}"
        )
        console.print(
            f"  {row.networks} random networks: correlation {row.correlation or 0:.5f}, mean error {row.bias:+.2%},"
            f" median {row.median_error:.2%}, p95 {row.p95_error:.2%}, largest {row.largest_error:.2%},"
            f" within ±10 % {row.within_ten:.1%}, intervals meet {row.covered:.1%}; {row.untrusted} untrusted"
        )
        console.print(f"  {row.lookups:,} look-ups of variants of its first network: {row.lookups_s:.1f} s")
