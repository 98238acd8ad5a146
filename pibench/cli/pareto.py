"""``pibench pareto``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pibench.cli.options import fits, one_condition_options
from pibench.errors import EXIT_OK, EXIT_UNTRUSTED, ParetoError
from pibench.exports.pareto import SUFFIXES, check, export_pareto
from pibench.pareto import Pareto, pareto, timings, trainings
from pibench.report import Condition, load
from pibench.subject import printable
from pibench.words import thesis as words_thesis
from pibench.words.pareto import cells, columns, doubts, explanation, notes, sentence, spread_text, words_at

if TYPE_CHECKING:
    from rich.console import Console


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RUN... REPORT...")
@click.option(
    "-o",
    "--output",
    "outputs",
    type=click.Path(path_type=Path),
    multiple=True,
    help=f"What to write: a {', '.join(SUFFIXES)} file; may be given several times.",
)
@click.option(
    "--thesis", is_flag=True, help="Show the thesis' figures too: of the same networks beside ours, of all in charts."
)
@one_condition_options("a report's")
@click.pass_obj
def command(
    arguments: Sequence[str],
    paths: tuple[Path, ...],
    outputs: tuple[Path, ...],
    thesis: bool,
    runtime: str | None,
    threads: int | None,
    kernels: str | None,
    cpus: str | None,
) -> int:
    """Set error against measured latency, and tell which networks are on the front, surely or perhaps.

    Folders are of runs (pibench train), however deep; files are reports (pibench bench). Networks are matched by what
    they deploy, whatever their spec spells out; .tflite files by their bytes, if they are the ones that pibench export
    writes. The runs of a network that differ by seed alone are one point: the mean and standard deviation of their
    errors, of the .tflite file on test images (pibench evaluate), else on the validation images. Each board, runtime
    and condition has a front of its own; options choose among conditions.

    \b
    Examples:
        pibench pareto runs/ reports/pi3.json -o pareto.html
        pibench pareto runs/ pi3.json pi4.json --threads 4 -o pareto.svg -o pareto.csv
        pibench pareto runs/ reports/pi3.json --thesis -o pareto.md

    Exit code 0: shown or written; 3: the same, and a latency in it is untrusted; 2: what cannot be read,
    written or brought together.
    """
    for output in outputs:
        check(output)
    wanted = partial(fits, runtime=runtime, threads=threads, kernels=kernels, cpus=cpus)
    found = _found(paths, wanted, thesis)
    for output in outputs:
        export_pareto(found, output, ("pibench", *map(printable, arguments)))
        click.echo(f"{printable(str(output))}: written")
    if outputs:
        # Not every file has room for them.
        for note in (*notes(found), *doubts(found)):
            click.echo(note, err=True)
    else:
        from pibench.cli.console import wide_console

        _show(found, wide_console())
    return EXIT_UNTRUSTED if found.untrusted else EXIT_OK


def _found(paths: Sequence[Path], wanted: Callable[[Condition], bool], thesis: bool) -> Pareto:
    """Folders are of runs, files are reports. Raises ParetoError, ReportError, RunError."""
    from pibench.models.training.run_folder import run_folders

    for path in paths:
        if not path.exists():
            raise ParetoError(f"{path} does not exist: give folders of runs, and reports")
    folders = [path for path in paths if path.is_dir()]
    reports = list(dict.fromkeys(path for path in paths if not path.is_dir()))
    if not folders:
        raise ParetoError("there is no run among them: give a folder that pibench train made, too")
    if not reports:
        raise ParetoError("there is no report among them: give a file that pibench bench wrote, too")
    runs = run_folders(folders)
    # One at a time: of a report's samples only the figures are kept.
    timed = [timings(printable(str(path)), load(path), wanted) for path in reports]
    return pareto(trainings(runs), timed, thesis=thesis)


def _show(found: Pareto, console: Console) -> None:
    from rich.table import Table
    from rich.text import Text

    for front in found.fronts:
        table = Table(box=None, pad_edge=False, collapse_padding=True, header_style="bold", title=None)
        for index, name in enumerate(columns(front)):
            words = index in words_at(front)
            table.add_column(name, justify="left" if words else "right", no_wrap=not words, overflow="fold")
        for number, one in enumerate(front.placed, 1):
            # As Text, since a name may look like rich's markup.
            table.add_row(*map(Text, cells(front, number, one)))
        console.print(str(front.setting), highlight=False, markup=False)
        console.print(table)
        console.print(f"{sentence(front)} {spread_text(front)}", highlight=False, markup=False)
    console.print(f"Images: {found.images}. {explanation()}", highlight=False, markup=False)
    for note in notes(found):
        console.print(f"  {note}", highlight=False, markup=False)
    if found.thesis:
        console.print(
            f"{words_thesis.explanation()} pibench zoo NAME lists them; -o draws them.", highlight=False, markup=False
        )
