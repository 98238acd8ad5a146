"""``pibench bench``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import click

from pibench.cli.console import wide_console
from pibench.cli.options import (
    MILLISECONDS,
    PERCENT,
    SECONDS,
    SECONDS_OR_NONE,
    Cpus,
    condition_options,
    conditions_of,
    cpus_option,
    seed_option,
    timeout_option,
)
from pibench.cli.progress import Progress
from pibench.cli.recorder import Recorder, report_path
from pibench.cli.results import show_results
from pibench.device import read_device
from pibench.errors import EXIT_ERROR, EXIT_INTERRUPTED, EXIT_OK, EXIT_SLOWER, EXIT_UNTRUSTED
from pibench.measure.board import ThisBoard, moved_off
from pibench.measure.campaign import Campaign
from pibench.measure.protocols import PROTOCOLS, chosen
from pibench.report import Condition, Protocol, Report, Result, encode
from pibench.subject import printable
from pibench.suite import DEFAULT_SUITE
from pibench.worker.client import Worker, probed_clock
from pibench.worker.protocol import Prepare


@click.command()
@click.argument("subjects", nargs=-1, metavar="[SUBJECT]...")
@condition_options
@cpus_option
@click.option(
    "--protocol",
    "protocol_name",
    type=click.Choice(list(PROTOCOLS)),
    default="standard",
    show_default=True,
    help="How many processes, instances and samples; thesis: the thesis' own way, for comparison with its figures.",
)
@click.option("--processes", type=click.IntRange(1, 10_000), help="Fresh processes, exactly so many.")
@click.option("--seconds", type=SECONDS, help="Sampling time per subject and condition at most, over all processes.")
@click.option("--precision", type=PERCENT, help="Stop when the 95 % interval is within ± so many percent.")
@click.option("--warm-up-limit", type=SECONDS_OR_NONE, help="Seconds that a model may take to settle.")
@click.option(
    "--pause", type=SECONDS_OR_NONE, help="Seconds before each process on a board without temperature sensor."
)
@click.option("--realtime", is_flag=True, help="Run under SCHED_FIFO; needs the right to.")
@click.option("--lock-memory", is_flag=True, help="Keep all memory resident (mlockall); needs the right to.")
@click.option("--limit-ms", type=MILLISECONDS, help="Exit with 1 if a figure lies beyond, its interval wholly.")
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
    cpus: Cpus | None,
    protocol_name: Literal["quick", "standard", "thorough", "thesis"],
    processes: int | None,
    seconds: float | None,
    precision: float | None,
    warm_up_limit: float | None,
    pause: float | None,
    realtime: bool,
    lock_memory: bool,
    limit_ms: float | None,
    seed: int,
    timeout: float,
    output: Path | None,
    as_json: bool,
) -> int:
    """Time networks on this machine and write a report.

    A SUBJECT is a .tflite file or an architecture with parameters; without any, the default
    suite is timed. Several runtimes, thread counts or kernel modes make a matrix of conditions.

    Latency is that of the runtime's invoke call alone. In each of several fresh processes all
    networks are loaded and sampled in turns, in random order; the figure is the mean of the
    processes' medians, its 95 % interval what they disagree by. More processes are added until
    that interval is narrow enough, or the time is spent.

    \b
    Examples:
        pibench bench
        pibench bench model.tflite other.tflite --threads 1,2 --cpus 2,3
        pibench bench wide_resnet:depth=22,width=16 --runtime litert,tflite --protocol thorough

    Exit code 0: every figure is trusted; 1: one is beyond --limit-ms; 3: one is untrusted, or its
    interval straddles the limit; 2: bad input, or a subject without a figure; 130: interrupted
    (what was measured is in the report).
    """
    if protocol_name == "thesis" and threads != (1,):
        raise click.UsageError("--protocol thesis is of one thread: leave --threads out")
    protocol = chosen(
        protocol_name,
        processes=processes,
        seconds=seconds,
        precision=None if precision is None else precision / 100,
        warm_up_limit_s=warm_up_limit,
        pause_s=pause,
        realtime=realtime,
        lock_memory=lock_memory,
        timeout_s=timeout,
        seed=seed,
    )
    run = _Run(
        subjects=subjects or DEFAULT_SUITE,
        conditions=conditions_of(runtime, threads, kernels, cpus),
        protocol=protocol,
        path=report_path(output),
        command=("pibench", *map(printable, context.obj)),
        named_cpus=cpus if isinstance(cpus, tuple) else (),
    )
    return _shown(run, as_json, limit_ms)


class _Run(NamedTuple):
    subjects: Sequence[str]
    conditions: Sequence[Condition]
    protocol: Protocol
    path: Path
    command: Sequence[str]
    named_cpus: Sequence[int]


def _shown(run: _Run, as_json: bool, limit_ms: float | None) -> int:
    recorder, report = _measured(run)
    if as_json:
        click.echo(encode(report).decode())
    else:
        show_results(report, wide_console())
    if recorder.problem:
        raise recorder.problem
    if not report.complete:
        measured = sum(result.summary is not None for result in report.results)
        click.echo(f"pibench: interrupted; {measured} of {len(report.results)} rows are in {run.path}", err=True)
        return EXIT_INTERRUPTED
    if not as_json:
        click.echo(f"Report: {run.path}")
    for message in dict.fromkeys(result.failure.message for result in report.results if result.failure):
        click.echo(f"pibench: {message}", err=True)
    return exit_code(report.results, limit_ms)


def _measured(run: _Run) -> tuple[Recorder, Report]:
    """The report, complete unless Ctrl-C came in between."""
    protocol = run.protocol
    cpus = {cpu for condition in run.conditions for cpu in condition.cpus}
    device = read_device()
    # All that were named, also those that no thread needs: a core that does not exist is a mistake.
    asked = tuple(sorted(cpus | set(run.named_cpus)))
    clock = probed_clock(protocol.timeout_s, Prepare(asked, protocol.realtime, protocol.lock_memory))
    complete = True
    with moved_off(cpus) as own_cpus, Progress() as progress:
        recorder = Recorder(run.path, run.command, device, clock, protocol, progress)
        with Campaign(
            run.subjects,
            run.conditions,
            protocol,
            device,
            clock.step_ns,
            worker=Worker,
            board=ThisBoard(protocol, own_cpus),
            listener=recorder,
        ) as campaign:
            try:
                campaign.run()
            except KeyboardInterrupt:
                complete = False
            return recorder, recorder.finish(campaign.results, campaign.sessions, complete)


def exit_code(results: Sequence[Result], limit_ms: float | None = None) -> int:
    """What a script may conclude: no figure comes before slower, slower before untrusted."""
    if any(result.summary is None and not _all_throttled(result) for result in results):
        return EXIT_ERROR
    verdicts = [_against(result, limit_ms) for result in results]
    if "slower" in verdicts:
        return EXIT_SLOWER
    return EXIT_UNTRUSTED if "untrusted" in verdicts else EXIT_OK


def _all_throttled(result: Result) -> bool:
    return result.failure is not None and result.failure.kind == "throttled"


def _against(result: Result, limit_ms: float | None) -> Literal["fine", "slower", "untrusted"]:
    if result.summary is None or result.verdict == "untrusted":
        return "untrusted"
    if limit_ms is None or result.summary.high_ns <= limit_ms * 1e6:
        return "fine"
    return "slower" if result.summary.low_ns > limit_ms * 1e6 else "untrusted"
