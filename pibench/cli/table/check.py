"""``pibench table check``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pibench.cli.console import wide_console
from pibench.cli.options import (
    PERCENT,
    choose_condition,
    one_condition_options,
    seed_option,
    timeout_option,
)
from pibench.cli.progress import Progress
from pibench.device import read_device
from pibench.device.runner import SystemRunner
from pibench.errors import EXIT_INTERRUPTED, EXIT_OK, EXIT_SLOWER, EXIT_UNTRUSTED, TableError
from pibench.measure.board import ThisBoard, moved_off
from pibench.measure.protocols import chosen
from pibench.subject import load_graph
from pibench.table import LatencyTable, load
from pibench.table.calibrate import Agreement, Compared, agreement, compare
from pibench.table.draw import draw_networks
from pibench.table.provenance import read_provenance
from pibench.table.timing import LayerTimer
from pibench.words.numbers import milliseconds, percent
from pibench.worker.client import Worker, probed_clock
from pibench.worker.protocol import Prepare

# Of the drawn networks, so many rows are shown: those predicted worst.
WORST = 5
# With more of the measured figures untrusted, the check itself is.
MOST_UNTRUSTED = 0.2


@click.command()
@click.argument("table", type=click.Path(path_type=Path))
@click.argument("subjects", nargs=-1, metavar="[SUBJECT]...")
@one_condition_options("the table's")
@click.option("--networks", type=click.IntRange(2, 100_000), default=20, show_default=True, help="Networks to draw.")
@click.option(
    "--protocol",
    "protocol_name",
    type=click.Choice(["quick", "standard", "thorough"]),
    default="quick",
    show_default=True,
    help="How each is measured; see pibench bench.",
)
@click.option("--allow-mismatch", is_flag=True, help="Check a table of another board all the same, and say so.")
@click.option("--fail-above", type=PERCENT, help="Exit with 1 if the median error is larger.")
@seed_option
@timeout_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output, nothing else.")
def command(
    table: Path,
    subjects: tuple[str, ...],
    runtime: str | None,
    threads: int | None,
    kernels: str | None,
    cpus: str | None,
    networks: int,
    protocol_name: Literal["quick", "standard", "thorough"],
    allow_mismatch: bool,
    fail_above: float | None,
    seed: int,
    timeout: float,
    as_json: bool,
) -> int:
    """Hold a table against networks drawn at random from those it was made for, measured here and now.

    Each network is one of the table's (or of the SUBJECTS) with its channels drawn at random; none was used
    to build or calibrate the table.

    Exit code 0: done; 1: the median error is above --fail-above; 3: too many of the measured figures are
    untrusted; 2: the table is of another board or runtime, or lacks a layer; 130: interrupted (what was
    measured is shown).
    """
    saved = load(table)
    condition = choose_condition((curve.condition for curve in saved.curves), runtime, threads, kernels, cpus)
    device = read_device()
    here = read_provenance(device, [condition.runtime], SystemRunner(Path("/")))
    loaded = LatencyTable(saved, condition, here=here, allow_mismatch=allow_mismatch)
    names = subjects or saved.subjects
    if not names:
        raise TableError(f"{table} was made for no network that can be drawn from: name some")
    graphs = draw_networks([load_graph(name).renamed(name) for name in names], networks, f"check {seed}")
    # Before minutes are spent on measuring what cannot be predicted.
    for graph in graphs:
        loaded.latency(graph)
    protocol = chosen(protocol_name, seed=seed, timeout_s=timeout)
    clock = probed_clock(timeout, Prepare(tuple(sorted(set(condition.cpus)))))
    with moved_off(condition.cpus) as own_cpus, Progress() as progress:
        board = ThisBoard(protocol, own_cpus)
        timer = LayerTimer(condition, device, clock.step_ns, worker=Worker, board=board, progress=progress.show)
        results, interrupted = timer.networks(graphs, protocol)
    for message in dict.fromkeys(result.failure.message for result in results if result.failure):
        click.echo(f"pibench: {message}", err=True)
    compared = compare(loaded, graphs, results)
    if interrupted and len(compared) < 2:
        click.echo("pibench: interrupted before two networks were measured", err=True)
        return EXIT_INTERRUPTED
    found = agreement(compared)
    if as_json:
        networks_found = [one._asdict() for one in compared]
        document = {"agreement": found._asdict(), "doubts": loaded.doubts(), "networks": networks_found}
        click.echo(msgspec.json.encode(document).decode())
    else:
        _show(found, compared, loaded.doubts(), wide_console())
    if interrupted:
        return EXIT_INTERRUPTED
    return _exit_code(found, compared, fail_above)


def _exit_code(found: Agreement, compared: Sequence[Compared], fail_above: float | None) -> int:
    if fail_above is not None and 100 * found.median_error > fail_above:
        return EXIT_SLOWER
    untrusted = sum(not one.trusted for one in compared)
    return EXIT_UNTRUSTED if untrusted > MOST_UNTRUSTED * len(compared) else EXIT_OK


def _show(found: Agreement, compared: Sequence[Compared], doubts: Sequence[str], console: Console) -> None:
    rows = Table(box=None, pad_edge=False, header_style="bold")
    rows.add_column("predicted worst", overflow="fold", min_width=16)
    for name in ("predicted ms", "95 %", "measured ms", "95 %", "error"):
        rows.add_column(name, justify="right", no_wrap=True)
    for one in sorted(compared, key=lambda one: -abs(one.error))[:WORST]:
        predicted_ns = (1e6 * (one.predicted_high - one.predicted_low), 1e6 * one.predicted_ms)
        measured_ns = (1e6 * (one.measured_high - one.measured_low), 1e6 * one.measured_ms)
        rows.add_row(
            Text(one.name),
            milliseconds(predicted_ns[1], predicted_ns[0]),
            f"±{percent(predicted_ns[0] / 2 / predicted_ns[1])}",
            milliseconds(measured_ns[1], measured_ns[0]),
            f"±{percent(measured_ns[0] / 2 / measured_ns[1])}",
            f"{100 * one.error:+.1f} %" + ("" if one.trusted else " (untrusted)"),
        )
    console.print(rows)
    correlation = "–" if found.correlation is None else f"{found.correlation:.5f}"
    lines = (
        f"{found.networks} networks drawn at random: correlation {correlation}, mean error {100 * found.bias:+.2f} %",
        f"error: median {100 * found.median_error:.2f} %, 95 % of them below {100 * found.p95_error:.2f} %,"
        f" largest {100 * found.largest_error:.2f} %; within ±10 %: {percent(found.within_ten)}",
        f"the intervals of prediction and measurement meet for {percent(found.covered)}",
    )
    untrusted = sum(not one.trusted for one in compared)
    if untrusted:
        doubts = (f"{untrusted} of {len(compared)} measured figures are untrusted: stop other work", *doubts)
    for line in (*lines, *(f"  {doubt}" for doubt in doubts)):
        console.print(line, highlight=False, markup=False)
