"""``pibench report``."""

from __future__ import annotations

from pathlib import Path

import click

from pibench.cli.console import wide_console
from pibench.cli.profile_table import show_profile
from pibench.cli.results import show_results
from pibench.exports import ROWS, RowKind, check, export
from pibench.report import load


@click.command()
@click.argument("report", type=click.Path(path_type=Path), metavar="REPORT")
@click.option(
    "-o",
    "--output",
    "outputs",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A .html, .md, .csv, .parquet or .json file; may be given several times.",
)
@click.option(
    "--rows",
    type=click.Choice(list(ROWS)),
    default="figures",
    show_default=True,
    help="What each row of a .csv or .parquet file is.",
)
def command(report: Path, outputs: tuple[Path, ...], rows: RowKind) -> None:
    """Show a saved report, or write it as a page, a table, rows, or pytest-benchmark's JSON.

    \b
    The name of the output tells which:
        .html      one page that needs no network: verdicts, charts, the board, how to reproduce
        .md        the table of results as Markdown
        .csv       rows with units in the columns' names (--rows figures, samples, layers)
        .parquet   the same rows with types
        .json      what pytest-benchmark saves, for its compare

    \b
    Examples:
        pibench report reports/first.json
        pibench report reports/first.json -o first.html -o first.md
        pibench report reports/first.json -o samples.csv --rows samples

    Exit code 0: shown or written; 2: a report that cannot be read, or a file that cannot be written.
    """
    loaded = load(report)
    for output in outputs:
        check(output)
    for output in outputs:
        export(loaded, output, rows)
        click.echo(f"{output}: written")
    if outputs:
        return
    console = wide_console()
    if loaded.profile is not None:
        show_profile(loaded.results[0], loaded.profile, "layer", console, longest_first=False)
    else:
        show_results(loaded, console)
