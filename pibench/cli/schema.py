"""``pibench schema``."""

from __future__ import annotations

import importlib
import json

import click

MODULES = {"report": "pibench.report", "table": "pibench.table.storage", "metrics": "pibench.models.training.metrics"}


@click.command()
@click.argument("document", type=click.Choice(list(MODULES)), default="report")
def command(document: str) -> None:
    """Print the JSON Schema of a report, of a latency table, or of a training's metrics."""
    click.echo(json.dumps(importlib.import_module(MODULES[document]).json_schema(), indent=2))
