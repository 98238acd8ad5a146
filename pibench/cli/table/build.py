"""``pibench table build``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from msgspec.structs import replace

from pibench.cli.console import wide_console
from pibench.cli.ops_options import axis_options
from pibench.cli.options import (
    PERCENT,
    condition_options,
    cpus_option,
    seed_option,
    timeout_option,
)
from pibench.cli.progress import Progress
from pibench.cli.table.curves import show_curves
from pibench.cli.table.layers import wanted
from pibench.device import Device, read_device
from pibench.device.runner import SystemRunner
from pibench.errors import EXIT_ERROR, EXIT_INTERRUPTED, EXIT_OK, EXIT_UNTRUSTED, PibenchError
from pibench.keeper import Keeper
from pibench.measure.board import ThisBoard, moved_off
from pibench.measure.conditions import Cpus, conditions_of
from pibench.measure.protocols import LAYERS
from pibench.report import Condition
from pibench.subject import printable
from pibench.table.build import Goal, InterruptedBuild
from pibench.table.doubts import TableDoubt, doubts_about_table
from pibench.table.fill import Order, begun, fill
from pibench.table.model import Table
from pibench.table.provenance import read_provenance
from pibench.table.storage import check_writable, load, save
from pibench.table.targets import targets_of
from pibench.table.timing import LayerTimer
from pibench.words.doubts import told
from pibench.worker.client import Worker, probed_clock
from pibench.worker.protocol import Prepare

DEFAULTS = Goal()


@click.command()
@click.argument("subjects", nargs=-1, required=True, metavar="SUBJECT...")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="The table; added to if it exists."
)
@axis_options
@condition_options
@cpus_option
@click.option(
    "--error",
    type=PERCENT,
    default=100 * DEFAULTS.error,
    show_default=True,
    help="Interpolation error in percent at which a curve is finished; more for layers that matter less.",
)
@click.option(
    "--most-points",
    type=click.IntRange(8, 100_000),
    default=DEFAULTS.most_points,
    show_default=True,
    help="Points per curve at most.",
)
@click.option(
    "--processes", type=click.IntRange(2, 100), default=LAYERS.processes, show_default=True, help="Fresh processes."
)
@click.option(
    "--calibrate",
    type=click.IntRange(0, 1000),
    default=24,
    show_default=True,
    help="Whole networks, drawn at random, to calibrate with; 0: none.",
)
@seed_option
@timeout_option
@click.pass_context
def command(
    context: click.Context,
    /,
    subjects: tuple[str, ...],
    output: Path,
    runtime: tuple[str, ...],
    threads: tuple[int, ...],
    kernels: tuple[str, ...],
    cpus: Cpus | None,
    error: float,
    most_points: int,
    processes: int,
    calibrate: int,
    seed: int,
    timeout: float,
    **axes: tuple[int | str, ...] | None,
) -> int:
    """Measure the layers of networks, with all channel counts up to theirs, and save their latency table.

    A SUBJECT is an architecture with parameters, a .tflite file, or a form of pibench ops over a grid of its
    parameters (of channels, all between the fewest and the most). Each kind of layer is measured at some channel
    counts, then where the interpolation between them errs the most, until its error is small enough. Whole
    networks, drawn at random, are measured in between to calibrate the table.

    The table is saved after every hundred layers; the same command goes on where it was interrupted and
    measures once more what something disturbed, and another one adds what is missing.

    \b
    Examples:
        pibench table build wide_resnet:depth=40,width=32 -o pi3.table.json
        pibench table build mobilenet_v1 mobilenet_v2 -o pi3.table.json --runtime litert,tflite
        pibench table build depthwise --size 8,16,32 --channels 16,256 --kernel 3,5 -o pi3.table.json

    Exit code 0: the table is complete; 3: it is, but doubtful (said why); 2: bad input, or a layer
    that could not be measured (the others are in the table); 130: interrupted.
    """
    asked = wanted(subjects, axes)
    graphs = (*asked.networks, *asked.grids)
    targets_of(graphs)
    check_writable(output)
    conditions = conditions_of(runtime, threads, kernels, cpus)
    protocol = replace(LAYERS, processes=processes, most_processes=processes, seed=seed, timeout_s=timeout)
    order = Order(graphs, asked.networks, protocol, Goal(error / 100, most_points), calibrate)
    device = read_device()
    provenance = read_provenance(device, [condition.runtime for condition in conditions], SystemRunner(Path("/")))
    command_line = ("pibench", *map(printable, context.obj))
    names = [network.name for network in asked.networks]
    table = begun(_existing(output), device, provenance, protocol, command_line, names)
    keeper = Keeper(save, output)
    failures: list[str] = []
    try:
        for condition in conditions:
            table, failed = _filled(table, condition, order, device, keeper)
            failures += failed
    except (InterruptedBuild, KeyboardInterrupt):
        keeper.finish()
        kept = str(keeper.problem) if keeper.problem else f"what was measured is in {output}: the same command goes on"
        click.echo(f"pibench: interrupted; {kept}", err=True)
        return EXIT_INTERRUPTED
    except PibenchError:
        keeper.finish()
        raise
    found = {condition: doubts_about_table(table, condition, order) for condition in conditions}
    grave = [doubt.message for doubts in found.values() for doubt in doubts if doubt.grave]
    table = replace(table, doubts=tuple(dict.fromkeys(grave)), complete=True)
    keeper.finish(table)
    code = _told(table, found, failures)
    if keeper.problem:
        raise keeper.problem
    click.echo(f"Table: {output}")
    return code


def _existing(output: Path) -> Table | None:
    return load(output) if output.exists() and output.stat().st_size else None


def _filled(
    table: Table, condition: Condition, order: Order, device: Device, keeper: Keeper[Table]
) -> tuple[Table, list[str]]:
    """The table with one condition measured, and sentences on what failed. ``device``: as it is now."""
    protocol = order.protocol
    clock = probed_clock(protocol.timeout_s, Prepare(tuple(sorted(set(condition.cpus)))))
    with moved_off(condition.cpus) as own_cpus, Progress() as progress:
        board = ThisBoard(protocol, own_cpus)
        timer = LayerTimer(condition, device, clock.step_ns, worker=Worker, board=board)
        return fill(table, order, timer, changed=keeper.keep, progress=progress.show)


def _told(table: Table, found: Mapping[Condition, Sequence[TableDoubt]], failures: Sequence[str]) -> int:
    console = wide_console()
    for condition in found:
        show_curves(table, condition, console)
    doubts = [doubt for some in found.values() for doubt in some]
    for doubt in doubts:
        click.echo(told(doubt))
    for message in dict.fromkeys(failures):
        click.echo(f"pibench: {message}", err=True)
    if failures:
        return EXIT_ERROR
    return EXIT_UNTRUSTED if any(doubt.grave for doubt in doubts) else EXIT_OK
