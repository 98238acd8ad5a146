"""``pibench roofline``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from pibench.cli.console import wide_console
from pibench.cli.options import ThreadCounts, cpus_option, seed_option, timeout_option
from pibench.cli.progress import Progress
from pibench.cli.roofline_results import show_roofline
from pibench.errors import EXIT_INTERRUPTED, EXIT_OK, EXIT_UNTRUSTED
from pibench.measure.board import ThisBoard, moved_off
from pibench.measure.conditions import Cpus, cores_of
from pibench.report import Protocol
from pibench.roofline import Roofline, check_writable, measure_roofline, save
from pibench.worker.client import Worker

PROCESSES = 5
ROUNDS = 2


def default_threads() -> str:
    """One, and its doubles up to the cores that may be used."""
    cores = len(os.sched_getaffinity(0))
    return ",".join(str(1 << k) for k in range(cores.bit_length()))


@click.command()
@click.option(
    "--threads",
    type=ThreadCounts(),
    default=default_threads,
    show_default="1,2,4 … up to the cores",
    help="Thread counts.",
)
@cpus_option
@click.option("--processes", type=click.IntRange(1, 100), default=PROCESSES, show_default=True, help="Fresh processes.")
@seed_option
@timeout_option
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Save it as JSON in this file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output, nothing else.")
def command(
    threads: tuple[int, ...],
    cpus: Cpus | None,
    processes: int,
    seed: int,
    timeout: float,
    output: Path | None,
    as_json: bool,
) -> int:
    """Measure what this board can do at the most: arithmetic, and bytes from memory.

    Peaks are of multiply-adds in registers, with the best instructions that this processor has and
    pibench knows: float32, and int8 products added up in 32 bits. The bandwidth is that of STREAM's
    triad, a = b + s*c, over arrays far larger than the caches, and over some that stay in the
    second-level cache. 12 bytes per element are counted; that most processors fetch a line before
    they write it is not. The ridge is where both limits meet: work that does fewer operations for
    each byte from memory cannot reach the peak.

    \b
    Examples:
        pibench roofline
        pibench roofline --threads 1,4 --cpus 0-3 -o pi.roofline.json

    Exit code 0: every figure is trusted; 3: one is untrusted (the board was held back, other work ran,
    an interval is beyond 5 %); 2: bad input, or a kernel that failed; 130: interrupted (nothing is kept).
    """
    if output:
        check_writable(output)
    counts = tuple(sorted(threads))
    cores = _in_order(counts, cpus)
    try:
        found = _measured(counts, cores, processes, seed, timeout)
    except KeyboardInterrupt:
        click.echo("pibench: interrupted; nothing of a roofline is kept", err=True)
        return EXIT_INTERRUPTED
    if output:
        save(found, output)
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
    else:
        show_roofline(found, wide_console())
        if output:
            click.echo(f"Roofline: {output}")
    return EXIT_UNTRUSTED if any(doubt.grave for doubt in found.doubts) else EXIT_OK


def _in_order(counts: Sequence[int], cpus: Cpus | None) -> tuple[int, ...]:
    """Cores of which the first so many are those of each count."""
    return tuple(dict.fromkeys(cpu for cores in cores_of(counts, cpus).values() for cpu in cores))


def _measured(counts: Sequence[int], cpus: tuple[int, ...], processes: int, seed: int, timeout_s: float) -> Roofline:
    # The board's default pace of readings; nothing else of a protocol concerns a roofline.
    with moved_off(cpus) as own_cpus, Progress() as progress:
        return measure_roofline(
            Worker,
            counts,
            cpus=cpus,
            processes=processes,
            rounds=ROUNDS,
            seed=seed,
            timeout_s=timeout_s,
            progress=lambda number, total: progress.show("roofline", number, total),
            board=ThisBoard(Protocol(), own_cpus),
        )
