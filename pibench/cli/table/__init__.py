"""``pibench table``: a group of commands, each in its own module."""

from __future__ import annotations

import click

from pibench.cli.lazy import lazy

COMMANDS = {
    "build": "Measure the layers of networks and save their latency table.",
    "predict": "Tell how long a network takes, from a table.",
    "check": "Hold a table against networks drawn at random, measured here.",
    "show": "Tell what is in a table: board, conditions, curves, points and their errors.",
    "export": "Write a table's points as CSV or Parquet.",
}


@click.group(cls=lazy("pibench.cli.table", COMMANDS))
def command() -> None:
    """Latency tables: measure layers, predict networks, check, export.

    A table tells what each layer of a network takes, for training, pruning and search.

    \b
        pibench table build wide_resnet:depth=40,width=32 -o pi3.table.json
        pibench table predict pi3.table.json wide_resnet:depth=22,width=16
        pibench table check pi3.table.json
    """
