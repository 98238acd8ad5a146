"""``pibench profile``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import click
from msgspec.structs import replace

from pibench.cli.console import wide_console
from pibench.cli.measured import Run, measured, report_path
from pibench.cli.options import (
    SECONDS,
    cpus_option,
    only_condition,
    report_options,
    seed_option,
    single_condition_options,
    timeout_option,
)
from pibench.cli.profile_table import show_profile
from pibench.cli.profile_ways import in_place_of, roof_of
from pibench.device import Device
from pibench.errors import EXIT_ERROR, EXIT_INTERRUPTED, EXIT_OK, EXIT_UNTRUSTED
from pibench.measure.conditions import Cpus
from pibench.measure.recorder import Recorder
from pibench.profile.assembled import Found, assembled
from pibench.profile.deployed import Deployed, deployed
from pibench.profile.grouping import By
from pibench.profile.isolated import Isolation
from pibench.report import Condition, Failure, Profile, Protocol, Report, encode
from pibench.subject import Subject, load_subject, printable

# Every process has the whole and all layers, so that sums are made process by process: none stops early.
DEFAULTS = Protocol(
    name="profile",
    processes=5,
    most_processes=5,
    seconds=1.0,
    warm_up_s=0.02,
    warm_up_limit_s=0.3,
    max_samples=1000,
)


class _Plan(NamedTuple):
    """What is to be found out about which network."""

    subject: Subject
    network: Deployed | None
    isolation: Isolation | None
    in_place: bool
    roof: bool
    condition: Condition
    protocol: Protocol
    path: Path
    words: Sequence[str]
    named_cpus: Sequence[int]


class _Shown(NamedTuple):
    """How the profile is printed."""

    by: By
    longest_first: bool
    as_json: bool


@click.command()
@click.argument("subject", metavar="SUBJECT")
@click.option(
    "--by", type=click.Choice(["layer", "block", "op"]), default="layer", show_default=True, help="What shares a line."
)
@click.option(
    "--sort",
    type=click.Choice(["network", "time"]),
    default="network",
    show_default=True,
    help="Lines in the network's order, or the longest first.",
)
@click.option("--isolated", "isolated_only", is_flag=True, help="Only layers cut out, without the runtime's profiler.")
@click.option("--in-place", "in_place_only", is_flag=True, help="Only the runtime's profiler.")
@click.option("--no-roof", is_flag=True, help="Leave out this board's measured limits.")
@single_condition_options
@cpus_option
@click.option(
    "--processes",
    type=click.IntRange(2, 100),
    default=DEFAULTS.processes,
    show_default=True,
    help="Fresh processes, each with the whole network and all layers.",
)
@click.option(
    "--seconds",
    type=SECONDS,
    default=DEFAULTS.seconds,
    show_default=True,
    help="Sampling time of each layer at most, over all processes.",
)
@seed_option
@timeout_option
@report_options
@click.pass_context
def command(
    context: click.Context,
    subject: str,
    by: By,
    sort: Literal["network", "time"],
    isolated_only: bool,
    in_place_only: bool,
    no_roof: bool,
    runtime: tuple[str, ...],
    threads: tuple[int, ...],
    kernels: tuple[str, ...],
    cpus: Cpus | None,
    processes: int,
    seconds: float,
    seed: int,
    timeout: float,
    output: Path | None,
    as_json: bool,
) -> int:
    """Tell where a network's time goes, layer by layer, in two ways that check each other.

    SUBJECT is a .tflite file or an architecture with parameters. Isolated: each layer is cut out as a
    model of its own and timed in turns with the whole network, in the same processes. In place: the
    runtime's own profiler. The sums of both are held against the whole, and the profiler's own
    cost is told. Each layer is placed under the roof that this board's arithmetic and memory allow.

    \b
    Examples:
        pibench profile model.tflite
        pibench profile wide_resnet:depth=40,width=32 --by block
        pibench profile mobilenet_v2 --threads 4 --sort time

    Exit code 0: the figures are trusted; 3: doubtful (the sum is off, or one way failed); 2: bad input, or a
    network without a figure; 130: interrupted (what was measured is shown and in the report).
    """
    condition = only_condition("a profile", runtime, threads, kernels, cpus)
    path = report_path(output)
    loaded = load_subject(subject, seed)
    network = deployed(loaded)
    both = isolated_only == in_place_only
    plan = _Plan(
        subject=loaded,
        network=network,
        isolation=Isolation(network.graph, seed) if network and (both or isolated_only) else None,
        in_place=both or in_place_only,
        roof=not no_roof,
        condition=condition,
        protocol=replace(
            DEFAULTS, processes=processes, most_processes=processes, seconds=seconds, timeout_s=timeout, seed=seed
        ),
        path=path,
        words=("pibench", *map(printable, context.obj)),
        named_cpus=cpus if isinstance(cpus, tuple) else (),
    )
    return _profiled(plan, both or isolated_only, _Shown(by, sort == "time", as_json))


def _profiled(plan: _Plan, isolated: bool, shown: _Shown) -> int:
    cut = plan.isolation.subjects if plan.isolation else ()
    recorder, report = measured(
        Run(
            [plan.subject, *cut],
            [plan.condition],
            plan.protocol,
            plan.path,
            plan.words,
            plan.named_cpus,
            to_be_continued=True,
        )
    )
    whole = report.results[0]
    if whole.summary is None:
        recorder.keep(report)
        return _without_figure(report, plan)
    found = _isolated(plan, report) if isolated else Found(whole=whole)
    complete = report.complete
    if complete:
        found, complete = _completed(plan, found, report.device, whole.summary.latency_ns)
    profile = assembled(plan.network, found)
    return _ended(recorder, replace(report, profile=profile, complete=complete), profile, plan, shown)


def _isolated(plan: _Plan, report: Report) -> Found:
    whole = report.results[0]
    if plan.isolation is None:
        failure = Failure(kind="unsupported", message=plan.subject.unread_because)
        return Found(whole=whole, isolated_failure=failure)
    return Found(whole=whole, isolated=plan.isolation.found(whole, report.results[1:]))


def _completed(plan: _Plan, found: Found, device: Device, expected_ns: float) -> tuple[Found, bool]:
    """With what was found in place, and the roof; and whether nobody interrupted that."""
    if plan.in_place:
        graph = plan.network.graph if plan.network else None
        processes, complete = in_place_of(plan.subject, graph, plan.condition, plan.protocol, expected_ns)
        found = found._replace(in_place=processes.found(), in_place_failure=processes.failure)
        if not complete:
            return found, False
    if plan.roof:
        try:
            roof, problem = roof_of(plan.condition, plan.protocol, device)
        except KeyboardInterrupt:
            return found, False
        found = found._replace(roof=roof, roof_problem=problem)
    return found, True


def _without_figure(report: Report, plan: _Plan) -> int:
    failure = report.results[0].failure
    if failure is None and not report.complete:
        click.echo("pibench: interrupted; nothing was measured", err=True)
        return EXIT_INTERRUPTED
    click.echo(f"pibench: {failure.message if failure else f'{plan.subject.name} was not measured'}", err=True)
    return EXIT_ERROR


def _ended(recorder: Recorder, report: Report, profile: Profile, plan: _Plan, shown: _Shown) -> int:
    recorder.keep(report)
    if shown.as_json:
        click.echo(encode(report).decode())
    else:
        show_profile(report.results[0], profile, shown.by, wide_console(), longest_first=shown.longest_first)
    if recorder.problem:
        raise recorder.problem
    if not report.complete:
        click.echo(f"pibench: interrupted; what was measured is in {plan.path}", err=True)
        return EXIT_INTERRUPTED
    if not shown.as_json:
        click.echo(f"Report: {plan.path}")
    if profile.isolated is None and profile.in_place is None:
        return EXIT_ERROR
    return EXIT_OK if profile.verdict == "trusted" else EXIT_UNTRUSTED
