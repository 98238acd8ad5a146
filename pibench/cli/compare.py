"""``pibench compare``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from pibench.cli.compare_markdown import markdown
from pibench.cli.compare_results import show_comparison
from pibench.cli.console import wide_console
from pibench.cli.options import PERCENT, Choices, F
from pibench.compare import ASPECTS, FIELDS, RUN_SD, THRESHOLD, Comparison, Field, compare
from pibench.errors import EXIT_OK, EXIT_SLOWER, EXIT_UNTRUSTED, did_you_mean
from pibench.report import load


class FieldValue(click.ParamType[tuple[Field, str]]):
    """One field of a result and the value wanted, as ``runtime=litert``."""

    name = "field"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[Field, str]:
        name, equals, wanted = value.partition("=")
        field = next((field for field in FIELDS if field == name), None)
        if field is None or not equals:
            known = ", ".join(FIELDS)
            self.fail(f"{value!r} is not FIELD=VALUE with one of {known}.{did_you_mean(name, FIELDS)}", param, ctx)
        return field, wanted


Pairs = tuple[tuple[Field, str], ...]


def _choice(context: click.Context, parameter: click.Parameter, pairs: Pairs) -> dict[Field, str]:
    chosen = dict(pairs)
    if len(chosen) < len(pairs):
        raise click.BadParameter("each field takes one value", context, parameter)
    return chosen


def _choice_option(name: str, side: str) -> Callable[[F], F]:
    return click.option(
        name,
        f"{side.lower()}_choice",
        type=FieldValue(),
        multiple=True,
        callback=_choice,
        metavar="FIELD=VALUE",
        help=f"Of {side}'s results, those with this subject, runtime, threads, kernels or cpus. May be repeated.",
    )


@click.command()
@click.argument("base", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option(
    "--fail-above",
    type=PERCENT,
    default=100 * THRESHOLD,
    show_default=True,
    metavar="PERCENT",
    help="Change in percent that matters.",
)
@_choice_option("--base", "BASE")
@_choice_option("--new", "NEW")
@click.option(
    "--across",
    type=Choices(ASPECTS),
    default=(),
    metavar="LIST",
    help=f"What may differ between the reports, and is then shown: {','.join(ASPECTS)}.",
)
@click.option(
    "--between-runs",
    type=PERCENT,
    default=100 * RUN_SD,
    show_default=True,
    metavar="PERCENT",
    help="Standard deviation by which runs differ beyond their processes; pibench history tells this machine's.",
)
@click.option("--markdown", "as_markdown", is_flag=True, help="Print Markdown for a pull request.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output, nothing else.")
def command(
    base: Path,
    new: Path,
    fail_above: float,
    base_choice: dict[Field, str],
    new_choice: dict[Field, str],
    across: tuple[Any, ...],
    between_runs: float,
    as_markdown: bool,
    as_json: bool,
) -> int:
    """Compare two saved reports: how many times as long NEW takes as BASE, and a verdict, for each subject.

    Subjects are matched by name and condition, .tflite files also by their names without folders. Reports of
    different machines, systems, runtime versions or protocols are refused unless --across allows it. Where
    both sides name a field, it may differ between them.

    The interval covers what differs from process to process and, by --between-runs, from run to run;
    those of several subjects are wide enough to hold all together at 95 %. Slower and faster are said by
    that, "same" by each row's own interval at 95 %. Nothing in two files can tell what
    else happened to the machine between them, but for a fixed reference that was timed beside the networks.
    pibench ab compares live and interleaved, and finds smaller changes. Two conditions of one report (give
    it twice) are compared process by process where they took turns in the same ones, else as two runs are.

    \b
    Examples:
        pibench compare old.json new.json --fail-above 2%
        pibench compare pi3.json pi4.json --across device,system
        pibench compare both.json both.json --base runtime=litert --new runtime=tflite

    Exit code 0: every subject is faster, or the same within --fail-above; 1: one is slower, its interval
    wholly beyond it; 3: one is undecided or untrusted, or has no figure, and none is slower; 2: bad input,
    or nothing to compare.
    """
    if as_markdown and as_json:
        raise click.UsageError("--markdown and --json: give one of them")
    found = compare(
        load(base),
        load(new),
        threshold=fail_above / 100,
        across=across,
        base_choice=base_choice,
        new_choice=new_choice,
        run_sd=between_runs / 100,
    )
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
    elif as_markdown:
        click.echo(markdown(found))
    else:
        show_comparison(found, wide_console())
    return exit_code(found)


def exit_code(found: Comparison) -> int:
    """Slower comes before what is not known."""
    if found.having("slower"):
        return EXIT_SLOWER
    return EXIT_UNTRUSTED if found.having("undecided") or found.having("untrusted") else EXIT_OK
