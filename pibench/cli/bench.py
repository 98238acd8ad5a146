"""``pibench bench``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from pibench.cli.console import wide_console
from pibench.cli.options import SECONDS, condition_options, conditions_of, seed_option, timeout_option
from pibench.cli.progress import Progress
from pibench.cli.recorder import Recorder
from pibench.cli.results import show_results
from pibench.device import read_device
from pibench.errors import EXIT_ERROR, EXIT_INTERRUPTED, EXIT_OK
from pibench.measure.campaign import Campaign
from pibench.report import (
    Condition,
    Protocol,
    Result,
    check_writable,
    encode,
)
from pibench.subject import printable
from pibench.suite import DEFAULT_SUITE
from pibench.worker.client import Worker, probed_clock

DEFAULTS = Protocol()


@click.command()
@click.argument("subjects", nargs=-1, metavar="[SUBJECT]...")
@condition_options
@click.option(
    "--processes",
    type=click.IntRange(1, 10_000),
    default=DEFAULTS.processes,
    show_default=True,
    help="Fresh processes per subject and condition.",
)
@click.option(
    "--seconds",
    type=SECONDS,
    default=DEFAULTS.seconds,
    show_default=True,
    help="Sampling time per subject and condition, over all its processes;"
    f" each stops at {DEFAULTS.max_samples} samples.",
)
@seed_option
@timeout_option
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Report file.  [default: reports/TIME.json]")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON on standard output, nothing else.")
@click.pass_context
def command(
    context: click.Context,
    subjects: tuple[str, ...],
    runtime: tuple[str, ...],
    threads: tuple[int, ...],
    kernels: tuple[str, ...],
    processes: int,
    seconds: float,
    seed: int,
    timeout: float,
    output: Path | None,
    as_json: bool,
) -> int:
    """Time networks on this machine and write a report.

    A SUBJECT is a .tflite file or an architecture with parameters; without any, the default
    suite is timed. Several runtimes, thread counts or kernel modes make a matrix of conditions.

    Latency is that of the runtime's invoke call alone. Its median is taken in each of several
    fresh processes; the figure is their mean, its 95 % interval what they disagree by.

    \b
    Examples:
        pibench bench
        pibench bench model.tflite other.tflite --threads 1,2
        pibench bench wide_resnet:depth=22,width=16 --runtime litert,tflite

    Exit code 0: every subject has a figure; 2: bad input, or a subject without a figure;
    130: interrupted (what was measured is in the report).
    """
    protocol = Protocol(processes=processes, seconds=seconds, timeout_s=timeout, seed=seed)
    conditions = conditions_of(runtime, threads, kernels)
    # Milliseconds, since runs may start in the same second.
    path = output or Path("reports", f"{datetime.now():%Y%m%d-%H%M%S-%f}"[:-3] + ".json")
    check_writable(path)
    command = ("pibench", *map(printable, context.obj))
    return _bench(subjects or DEFAULT_SUITE, conditions, protocol, path, command, as_json)


def _bench(
    subjects: Sequence[str],
    conditions: Sequence[Condition],
    protocol: Protocol,
    path: Path,
    command: Sequence[str],
    as_json: bool,
) -> int:
    device = read_device()
    clock = probed_clock(protocol.timeout_s)
    interrupted = False
    with Progress() as progress:
        recorder = Recorder(path, command, device, clock, protocol, progress)
        campaign = Campaign(subjects, conditions, protocol, device, clock.step_ns, worker=Worker, listener=recorder)
        with campaign:
            try:
                recorder.results_changed(campaign.results)
                campaign.run()
            except KeyboardInterrupt:
                interrupted = True
    report = recorder.finish(campaign.results, complete=not interrupted)
    if as_json:
        click.echo(encode(report).decode())
    else:
        show_results(report, wide_console())
    if recorder.problem:
        raise recorder.problem
    if interrupted:
        measured = sum(result.summary is not None for result in report.results)
        click.echo(f"pibench: interrupted; {measured} of {len(report.results)} rows are in {path}", err=True)
        return EXIT_INTERRUPTED
    if not as_json:
        click.echo(f"Report: {path}")
    return _exit_code(report.results)


def _exit_code(results: Sequence[Result]) -> int:
    for message in dict.fromkeys(result.failure.message for result in results if result.failure):
        click.echo(f"pibench: {message}", err=True)
    return EXIT_ERROR if any(result.summary is None for result in results) else EXIT_OK
