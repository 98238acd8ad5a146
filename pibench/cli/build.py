"""``pibench build``."""

from __future__ import annotations

from pathlib import Path

import click

from pibench.cli.options import SEED
from pibench.document import write_file
from pibench.errors import SubjectError
from pibench.subject import kind_of, load_subject


@click.command()
@click.argument("subject")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The .tflite file to write.")
@click.option("--seed", type=SEED, default=0, show_default=True, help="Seed of the random weights.")
def command(subject: str, output: Path, seed: int) -> None:
    """Write a network as a .tflite file, with random weights.

    SUBJECT is an architecture with parameters. The file has the operations that TensorFlow's
    converter would give the trained network, so it takes the same time to run.
    """
    if kind_of(subject) == "file":
        raise SubjectError(f"{subject} is a file already: give an architecture, for example mobilenet_v1:depth=15")
    model = load_subject(subject, seed).model
    write_file(model, output, "model", SubjectError)
    click.echo(f"{output}: {len(model):,} bytes")
