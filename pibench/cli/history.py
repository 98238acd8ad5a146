"""``pibench history``."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from pibench.cli.console import wide_console
from pibench.cli.history_results import show_history
from pibench.errors import EXIT_OK
from pibench.history import collect


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output, nothing else.")
def command(paths: tuple[Path, ...], as_json: bool) -> int:
    """Show the figures of many reports over time, and mark the steps.

    A PATH is a report, or a folder whose .json files are read, and those of the folders below. Each subject
    under each condition on each device has a line: its curve (a bar per run, dim where untrusted, a stroke
    before each step), the latest figure with its 95 % interval, and its change against the run before.

    A step is where runs moved to another level and stayed there, by more than their own intervals and what
    runs of this machine differ by explain: two runs at the end of the series, or three within it. Single runs
    that stand out are no steps. Untrusted runs are shown, but steps are sought among the trusted ones where
    these are four at least. Below each step stands what changed beside it: versions, kernel, governor, the
    model file.

    \b
    Examples:
        pibench history reports/
        pibench history monday.json tuesday.json older/ --json

    Exit code 0: there is a report; 2: there is none, or a path does not exist. Files that are no reports are
    named and passed over.
    """
    found = collect(paths)
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
    else:
        show_history(found, wide_console())
    return EXIT_OK
