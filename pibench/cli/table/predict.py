"""``pibench table predict``."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pibench.cli.console import wide_console
from pibench.cli.options import choose_condition, one_condition_options
from pibench.errors import EXIT_OK, EXIT_UNTRUSTED
from pibench.subject import load_graph, printable
from pibench.table import Latency, LatencyTable, load
from pibench.words.numbers import milliseconds


@click.command()
@click.argument("table", type=click.Path(path_type=Path))
@click.argument("subjects", nargs=-1, required=True, metavar="SUBJECT...")
@one_condition_options("the table's")
@click.option("--layers/--no-layers", default=None, help="Show each layer.  [default: for a single subject]")
@click.option("--extrapolate", is_flag=True, help="Allow channels beyond those measured; said in the result.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output, nothing else.")
def command(
    table: Path,
    subjects: tuple[str, ...],
    runtime: str | None,
    threads: int | None,
    kernels: str | None,
    cpus: str | None,
    layers: bool | None,
    extrapolate: bool,
    as_json: bool,
) -> int:
    """Tell how long networks take on the board of a table, in ms with 95 % intervals.

    A SUBJECT is an architecture with parameters or a .tflite file. Nothing is measured here.

    Exit code 0: predicted; 3: predicted, but doubtful (said why); 2: the table lacks a layer (named).
    """
    saved = load(table)
    loaded = LatencyTable(saved, choose_condition((c.condition for c in saved.curves), runtime, threads, kernels, cpus))
    graphs = [load_graph(subject).renamed(printable(subject)) for subject in subjects]
    found = {graph.name: loaded.latency(graph, allow_extrapolation=extrapolate) for graph in graphs}
    if as_json:
        click.echo(msgspec.json.encode([_document(name, latency) for name, latency in found.items()]).decode())
    else:
        _show(loaded, found, wide_console(), layers if layers is not None else len(found) == 1)
    return EXIT_UNTRUSTED if any(latency.doubts for latency in found.values()) else EXIT_OK


def _document(name: str, latency: Latency) -> dict[str, object]:
    return {
        "subject": name,
        "latency_ms": latency.ms,
        "low_ms": latency.low,
        "high_ms": latency.high,
        "fixed_ms": latency.fixed_ms,
        "calibration_ms": _calibration_ms(latency),
        "doubts": latency.doubts,
        "layers": [
            {
                "name": layer.name,
                "layer": layer.label,
                "latency_ms": layer.ms,
                "low_ms": layer.low,
                "high_ms": layer.high,
                "extrapolated": layer.extrapolated,
            }
            for layer in latency.layers
        ],
    }


def _calibration_ms(latency: Latency) -> float:
    """What a network takes more, or less, than the sum of its layers and the fixed time."""
    return latency.ms - latency.fixed_ms - sum(layer.ms for layer in latency.layers)


def _show(table: LatencyTable, found: dict[str, Latency], console: Console, with_layers: bool) -> None:
    device = table.table.device
    console.print(f"{device.name}: {table.condition}", highlight=False, markup=False)
    rows = Table(box=None, pad_edge=False, header_style="bold")
    rows.add_column("layer" if with_layers else "subject", overflow="fold", min_width=16)
    rows.add_column("ms", justify="right", no_wrap=True)
    rows.add_column("95 %", justify="right", no_wrap=True)
    rows.add_column("", overflow="fold")
    for name, latency in found.items():
        if with_layers:
            for layer in latency.layers:
                note = layer.label + (" (extrapolated)" if layer.extrapolated else "")
                rows.add_row(Text(layer.name), *_interval(layer.ms, layer.low, layer.high), Text(note, "dim"))
            rows.add_row("every inference", milliseconds(latency.fixed_ms * 1e6), "", "")
            rows.add_row("calibration", f"{_calibration_ms(latency):+.3g}", "", Text("with whole networks", "dim"))
        rows.add_row(Text(name, "bold"), *_interval(latency.ms, latency.low, latency.high), "")
    console.print(rows)
    for doubt in dict.fromkeys(doubt for latency in found.values() for doubt in latency.doubts):
        console.print(f"  {doubt}", highlight=False, markup=False)


def _interval(ms: float, low: float, high: float) -> tuple[str, str]:
    width_ns = (high - low) * 1e6
    middle, least, most = (milliseconds(value * 1e6, width_ns) for value in (ms, low, high))
    return middle, f"{least} to {most}"
