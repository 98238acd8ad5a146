"""``pibench evaluate``."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pibench.cli.options import timeout_option
from pibench.cli.progress import Progress
from pibench.cli.training_options import data_options
from pibench.cli.training_results import show_evaluated
from pibench.engine.runtimes import RUNTIMES, find_runtime
from pibench.errors import EXIT_OK
from pibench.measure.conditions import default_runtime
from pibench.report.model import Condition

if TYPE_CHECKING:
    from pibench.models.training.metrics import Metrics
    from pibench.models.training.run_folder import RunFolder


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RUN...")
@data_options
@click.option("--runtime", type=click.Choice(RUNTIMES), help="Of the .tflite file.  [default: the first one installed]")
@click.option("--workers", type=click.IntRange(1, 1024), help="Processes that run the file.  [default: one per core]")
@timeout_option
def command(
    runs: tuple[Path, ...], data: str, download: bool, runtime: str | None, workers: int | None, timeout: float
) -> int:
    """Tell the accuracy of trained networks on the test images, in Keras and as .tflite files.

    RUN is a folder that pibench train made, or one with several in it. The file is the one that pibench export
    writes; pibench's engine runs it in worker processes, one image at a time, as it would be deployed. Both figures are
    added to the run's metrics.json.
    """
    from pibench.models.data import load_dataset
    from pibench.models.training.backend import load_keras
    from pibench.models.training.deployed import deployed
    from pibench.models.training.evaluable import check_evaluable
    from pibench.models.training.run_folder import run_folders
    from pibench.models.training.setting import classes_of

    folders = run_folders(runs)
    condition = Condition(runtime=find_runtime(runtime or default_runtime()).name)
    if download:
        load_keras()
    dataset = cache(lambda classes: load_dataset(data, classes, download))
    for folder in folders:  # now, and not after the first ones were evaluated
        check_evaluable(folder, dataset(classes_of(folder.graph())))
        deployed(folder)
    load_keras()
    from pibench.models.training.evaluate import evaluate

    done: list[tuple[RunFolder, Metrics]] = []
    try:
        with Progress() as progress:
            for folder in folders:
                images = dataset(classes_of(folder.graph()))
                count = workers or len(os.sched_getaffinity(0))
                with folder.alone():
                    done.append((folder, evaluate(folder, images, condition, count, progress.show, timeout)))
    finally:
        if done:  # whatever became of the next one
            show_evaluated(done)
    return EXIT_OK
