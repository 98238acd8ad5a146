"""``pibench table``: a group of commands, each in its own module."""

from __future__ import annotations

import importlib

import click

from pibench.errors import did_you_mean

COMMANDS = {
    "build": "Measure the layers of networks and save their latency table.",
    "predict": "Tell how long a network takes, from a table.",
    "check": "Hold a table against networks drawn at random, measured here.",
    "show": "Tell what is in a table: board, conditions, curves, points and their errors.",
    "export": "Write a table's points as CSV or Parquet.",
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command:
        if name not in COMMANDS:
            ctx.fail(f"there is no command 'table {name}'.{did_you_mean(name, COMMANDS)}")
        command: click.Command = importlib.import_module(f"pibench.cli.table.{name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Lazy)
def command() -> None:
    """Latency tables: measure layers, predict networks, check, export.

    A table tells what each layer of a network takes, for training, pruning and search.

    \b
        pibench table build wide_resnet:depth=40,width=32 -o pi3.table.json
        pibench table predict pi3.table.json wide_resnet:depth=22,width=16
        pibench table check pi3.table.json
    """
