"""``pibench bench``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pibench.cli.console import wide_console
from pibench.cli.measured import Run, measured, report_path
from pibench.cli.options import MILLISECONDS, condition_options, cpus_option, report_options
from pibench.cli.outcome import concluded
from pibench.cli.protocol_options import protocol_of, protocol_options
from pibench.cli.results import show_results
from pibench.measure.conditions import Cpus, conditions_of
from pibench.report import encode
from pibench.subject import printable
from pibench.suite import DEFAULT_SUITE


@click.command()
@click.argument("subjects", nargs=-1, metavar="[SUBJECT]...")
@condition_options
@cpus_option
@protocol_options("standard")
@click.option("--limit-ms", type=MILLISECONDS, help="Exit with 1 if a figure lies beyond, its interval wholly.")
@report_options
@click.pass_context
def command(
    context: click.Context,
    /,
    subjects: tuple[str, ...],
    runtime: tuple[str, ...],
    threads: tuple[int, ...],
    kernels: tuple[str, ...],
    cpus: Cpus | None,
    limit_ms: float | None,
    output: Path | None,
    as_json: bool,
    **protocol: Any,
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
    run = Run(
        subjects=subjects or DEFAULT_SUITE,
        conditions=conditions_of(runtime, threads, kernels, cpus),
        protocol=protocol_of(threads, **protocol),
        path=report_path(output),
        command=("pibench", *map(printable, context.obj)),
        named_cpus=cpus if isinstance(cpus, tuple) else (),
    )
    recorder, report = measured(run)
    if as_json:
        click.echo(encode(report).decode())
    else:
        show_results(report, wide_console())
    return concluded(run, recorder, report, quiet=as_json, limit_ms=limit_ms)
