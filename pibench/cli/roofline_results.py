"""A roofline on the terminal: a table, a picture, and what is to be said below."""

from __future__ import annotations

import math
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from pibench.cli.charts import bars
from pibench.report.model import threads_in_words
from pibench.roofline import Dtype, Rate, Roof, Roofline
from pibench.words.doubts import told
from pibench.words.numbers import percent, significant

_GIGA = 1e9
_DTYPES: tuple[Dtype, ...] = ("float32", "int8")
_CHART_ROWS = 8
# Octaves of operations per byte on either side of the ridge, and columns for each.
_OCTAVES = 6
_COLUMNS = 4


def show_roofline(found: Roofline, console: Console) -> None:
    """Print board, table, instructions, the roof of the fewest threads, and the doubts."""
    device = found.device
    console.print(
        f"{device.name}: {device.cores} cores, {device.os_bits}-bit {device.os}", highlight=False, markup=False
    )
    console.print(_table(found))
    lines = [
        *_how(found),
        "",
        *picture(found, found.roofs[0].threads, "float32", ascii_only=console.options.ascii_only),
        *map(told, found.doubts),
    ]
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _table(found: Roofline) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in (
        "threads",
        "float32 GFLOP/s",
        "int8 GOP/s",
        "memory GB/s",
        "cache GB/s",
        "ridge float32",
        "ridge int8",
    ):
        table.add_column(name, justify="right")
    for roof in found.roofs:
        rates = (roof.peak_float32, roof.peak_int8, roof.bandwidth, roof.cache_bandwidth)
        ridges = (f"{found.ridge_point(roof.threads, dtype):.3g}" for dtype in _DTYPES)
        table.add_row(_threads(roof), *map(_rate, rates), *ridges)
    return table


def _threads(roof: Roof) -> str:
    return f"{roof.threads} on {','.join(map(str, roof.cpus))}" if roof.cpus else str(roof.threads)


def _rate(rate: Rate) -> str:
    return f"{significant(rate.median / _GIGA, (rate.high - rate.low) / _GIGA)} ±{percent(rate.relative_half_width)}"


def _how(found: Roofline) -> Iterator[str]:
    instructions, sets = found.instructions, found.working_sets
    yield (
        f"  float32: {instructions.float32}; int8: {instructions.int8};"
        f" memory and cache: triad a = b + s*c of float32 ({instructions.triad})"
    )
    yield (
        f"  arrays: {sets.memory_bytes / 2**20:.0f} MiB in memory,"
        f" {sets.cache_bytes / 2**10:.0f} KiB for each thread in the cache;"
        " ridge: operations per byte from memory; two operations per multiply-add"
    )
    best = found.roofs[-1]
    yield (
        f"  best sample of {threads_in_words(best.threads)}:"
        f" {best.peak_float32.best / _GIGA:.4g} GFLOP/s, {best.peak_int8.best / _GIGA:.4g} GOP/s,"
        f" {best.bandwidth.best / _GIGA:.3g} GB/s"
    )


def picture(found: Roofline, threads: int, dtype: Dtype, *, ascii_only: bool = False) -> list[str]:
    """What is attainable against operations per byte, both in octaves, the ridge in the middle."""
    peak, ridge = found.roof(threads).peak(dtype).median, found.ridge_point(threads, dtype)
    steps = range(-_OCTAVES * _COLUMNS, _OCTAVES * _COLUMNS + 1)
    intensities = [ridge * 2 ** (step / _COLUMNS) for step in steps]
    octaves = [math.log2(found.attainable(threads, dtype, intensity) / peak) for intensity in intensities]
    lines = bars(octaves, len(steps), -_OCTAVES, 0, _CHART_ROWS, ascii_only=ascii_only)
    unit = "GFLOP/s" if dtype == "float32" else "GOP/s"
    labels = {0: f"{peak / _GIGA:.3g} {unit}", _CHART_ROWS - 1: f"{peak / _GIGA / 2**_OCTAVES:.3g} {unit}"}
    margin = max(map(len, labels.values()))
    chart = [f"  {labels.get(row, ''):>{margin}}  {line}".rstrip() for row, line in enumerate(lines)]
    left, middle, right = (f"{intensities[column]:.3g}" for column in (0, len(steps) // 2, -1))
    half = len(steps) // 2
    axis = left.ljust(half - len(middle) // 2) + middle
    axis = axis.ljust(len(steps) - len(right)) + right
    title = f"  {dtype}, {threads_in_words(threads)}: memory is the limit left of the ridge, arithmetic right of it"
    return [title, *chart, f"  {'':>{margin}}  {axis}  {dtype} operations per byte"]
