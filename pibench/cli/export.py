"""``pibench export``."""

from __future__ import annotations

from pathlib import Path

import click

from pibench.errors import EXIT_OK, RunError
from pibench.tflite import write


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The .tflite file to write.")
def command(run: Path, output: Path) -> int:
    """Write a trained network as a float .tflite file.

    RUN is a folder that pibench train made. The weights are the last epoch's, or the best one's if the recipe
    says so. A CondenseNet that learned its groups (form=training) is written in the form with grouped convolutions.
    What the file takes instead of an image's colours is told, and in the run's metrics.json. Needs no Keras.
    """
    from pibench.exports.outputs import check_output, write_output
    from pibench.models.training.deployed import deployed
    from pibench.models.training.run_folder import run_folders

    check_output(output, (".tflite",), "network")
    folder, *others = run_folders([run])
    if others:
        raise RunError(f"{run} holds {1 + len(others)} runs: give one of them, for example {folder.path}")
    metrics = folder.metrics()
    graph, weights = deployed(folder)
    model = write(graph, weights)
    write_output(model, output, "network")
    click.echo(f"{output}: {len(model):,} bytes, the weights after epoch {metrics.kept_epoch} of {metrics.epochs}")
    image = graph.spec(graph.inputs[0].name)
    click.echo(f"It takes {image.dtype} of shape {image}: {metrics.data.normalisation}")
    return EXIT_OK
