"""``pibench table export``."""

from __future__ import annotations

from pathlib import Path

import click

from pibench.table.export import export
from pibench.table.storage import load


@click.command()
@click.argument("table", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="A .csv or .parquet file.")
def command(table: Path, output: Path) -> None:
    """Write a table's points as CSV or Parquet, one row per measured layer, units in the names."""
    click.echo(f"{output}: {export(load(table), output)} points")
