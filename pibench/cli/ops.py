"""``pibench ops``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
import msgspec

from pibench.cli.console import wide_console
from pibench.cli.measured import Run, measured, report_path
from pibench.cli.ops_grid import show_grid
from pibench.cli.ops_groups import Judged, judged, show_groups
from pibench.cli.ops_options import AXES, ListsForms, axis_options
from pibench.cli.options import condition_options, cpus_option, report_options
from pibench.cli.outcome import concluded
from pibench.cli.protocol_options import protocol_of, protocol_options
from pibench.forms import Group, Point, default_suite, get, grid, groups_of
from pibench.measure.conditions import Cpus, conditions_of
from pibench.report import Report, encode
from pibench.subject import printable

# The interval of a dozen simultaneous comparisons takes 15.4 standard errors of three processes, 5.9 of five.
QUICK_PROCESSES = 5


@click.command(cls=ListsForms)
@click.argument("names", nargs=-1, metavar="[FORM]...")
@axis_options
@condition_options
@cpus_option
@protocol_options("quick")
@report_options
@click.pass_context
def command(
    context: click.Context,
    /,
    names: tuple[str, ...],
    runtime: tuple[str, ...],
    threads: tuple[int, ...],
    kernels: tuple[str, ...],
    cpus: Cpus | None,
    dtype: tuple[str, ...],
    output: Path | None,
    as_json: bool,
    **others: Any,
) -> int:
    """Time the forms that a layer can take, side by side.

    Without a FORM, the default suite: what can stand in for a full convolution at equal output and
    at equal multiply-accumulates, activations, what else networks are made of, and what
    squeeze-and-excitation adds to a block. With forms, every combination of the given values that
    they have. Each is a network of its own, as it is deployed, with random weights.

    Ratios are taken process by process, between samples of the same rounds, with 95 % intervals.
    A form is called the fastest of its group only where it is faster than each other one, all these
    comparisons holding together at 95 %. For that --protocol quick has 5 processes here.

    \b
    Examples:
        pibench ops
        pibench ops depthwise --size 8,16,32 --channels 16:256:16 --kernel 3,5 --stride 1,2
        pibench ops grouped grouped_emulated --groups 2,4,8 --runtime litert,tflite --threads 1,2

    Exit code 0: every figure is trusted; 3: one is untrusted; 2: bad input, or a form without a
    figure; 130: interrupted (what was measured is in the report).
    """
    axes = {axis: values for axis in AXES if (values := others.pop(axis)) is not None}
    if others["protocol"] == "quick" and others["processes"] is None:
        others["processes"] = QUICK_PROCESSES
    plan = _planned(names, axes, dtype)
    run = Run(
        subjects=[point.graph for point in plan.points],
        conditions=conditions_of(runtime, threads, kernels, cpus),
        protocol=protocol_of(threads, **others),
        path=report_path(output),
        command=("pibench", *map(printable, context.obj)),
        named_cpus=cpus if isinstance(cpus, tuple) else (),
    )
    recorder, report = measured(run)
    compared = [one for group in plan.groups for one in judged(group, report.results)]
    if as_json:
        click.echo(_as_json(compared, report))
    elif names:
        show_grid(plan.points, compared, report, wide_console())
    else:
        show_groups(compared, report, wide_console())
    return concluded(run, recorder, report, quiet=as_json)


class _Plan(NamedTuple):
    """What is measured, each point once, and what is compared."""

    points: Sequence[Point]
    groups: Sequence[Group]


def _planned(names: Sequence[str], axes: Mapping[str, Sequence[Any]], dtype: Sequence[Any]) -> _Plan:
    """Raises UsageError for axes without a form, else as ``grid``."""
    if names:
        points = grid([get(name) for name in names], {**axes, "dtype": dtype})
        return _Plan(points, groups_of(points))
    if axes:
        axis = next(iter(axes)).replace("_", "-")
        raise click.UsageError(f"--{axis} is of a form: name one, for example pibench ops conv --{axis} …")
    groups = default_suite(dtype)
    # What stands in several groups is measured once.
    return _Plan(list({point.name: point for group in groups for point in group.points}.values()), groups)


def _as_json(compared: Sequence[Judged], report: Report) -> str:
    groups = [
        {
            "title": one.group.title,
            "per_mac": one.group.per_mac,
            "rivals": one.group.rivals,
            "condition": one.condition,
            **msgspec.to_builtins(one.ranking),
        }
        for one in compared
    ]
    return msgspec.json.encode({"groups": groups, "report": msgspec.Raw(encode(report))}).decode()
