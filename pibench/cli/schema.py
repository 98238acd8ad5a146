"""``pibench schema``."""

from __future__ import annotations

import json
from typing import Literal

import click


@click.command()
@click.argument("document", type=click.Choice(["report", "table"]), default="report")
def command(document: Literal["report", "table"]) -> None:
    """Print the JSON Schema of a report or of a latency table."""
    if document == "report":
        from pibench.report import json_schema
    else:
        from pibench.table.storage import json_schema
    click.echo(json.dumps(json_schema(), indent=2))
