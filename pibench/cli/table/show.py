"""``pibench table show``."""

from __future__ import annotations

from pathlib import Path

import click

from pibench.cli.console import wide_console
from pibench.cli.table.curves import show_curves
from pibench.table.storage import load


@click.command()
@click.argument("table", type=click.Path(path_type=Path))
def command(table: Path) -> None:
    """Tell what is in a table: board, conditions, curves with their points and errors.

    "left out" is the error of predicting each point from the others; "tiles" tells in which steps of
    channels the time grows, as read off the measurements.
    """
    loaded = load(table)
    for condition in dict.fromkeys(curve.condition for curve in loaded.curves):
        show_curves(loaded, condition, wide_console())
