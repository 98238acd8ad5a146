"""``pibench schema``."""

from __future__ import annotations

import json

import click

from pibench.report import json_schema


@click.command()
def command() -> None:
    """Print the JSON Schema of a report."""
    click.echo(json.dumps(json_schema(), indent=2))
