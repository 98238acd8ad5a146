"""``pibench train``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pibench.cli.options import LARGEST_SEED, SEED
from pibench.cli.progress import Progress
from pibench.cli.training_options import data_options
from pibench.cli.training_results import show_trained
from pibench.errors import EXIT_INTERRUPTED, EXIT_OK, RunError, SubjectError
from pibench.subject import kind_of, load_graph, printable

if TYPE_CHECKING:
    from pibench.models.training.metrics import Metrics
    from pibench.models.training.run_folder import RunFolder


@click.command()
@click.argument("subject")
@data_options
@click.option(
    "--recipe",
    "recipe_name",
    default="quick",
    show_default=True,
    help="quick, thesis, thesis-multistep, or a recipe file of your own (.toml).",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The run's folder.")
@click.option("--epochs", type=click.IntRange(1, 100_000), help="Epochs instead of the recipe's.")
@click.option(
    "--validation",
    type=click.FloatRange(0, 1, max_open=True),
    help="Share of the training images that is held out, instead of the recipe's.",
)
@click.option("--limit", type=click.IntRange(1), help="So many of the training images, as many of each class.")
@click.option("--seed", type=SEED, default=0, show_default=True, help="Seed of weights, order and augmentation.")
@click.option(
    "--runs",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    help="Trainings, with this seed and the next ones, each in a folder of its own inside -o.",
)
@click.option("--tensorboard", is_flag=True, help="Write logs for TensorBoard too, which must be installed.")
@click.pass_context
def command(
    context: click.Context,
    subject: str,
    data: str,
    download: bool,
    recipe_name: str,
    output: Path,
    epochs: int | None,
    validation: float | None,
    limit: int | None,
    seed: int,
    runs: int,
    tensorboard: bool,
) -> int:
    """Train a network on CIFAR-10 or CIFAR-100.

    SUBJECT is an architecture with parameters; with classes=100 it is trained on CIFAR-100. A tenth of the training
    images is held out for validation, unless the recipe says something else; the test images are not looked at
    (pibench evaluate does that). condensenet:form=training learns its groups in the first half of the training, and
    is exported with them. Everything is saved after each epoch: after an interruption the same command goes on,
    to the same result.

    \b
    Examples:
        pibench train mobilenet_v2:depth=9,width=16,expansion=4,se=2 --data cifar -o runs/mbv2
        pibench train wide_resnet:depth=22,width=16 --data cifar --recipe thesis --runs 3 -o runs/wrn
        pibench train mobilenet_v1:depth=3,width=8 --data generated -o trial    # without any data set

    Exit code 0: trained; 2: bad input, or the loss grew beyond all bounds; 130: interrupted.
    """
    from pibench.models.architectures.condensenet import converted_form
    from pibench.models.data import load_dataset
    from pibench.models.recipes import changed, load_recipe
    from pibench.models.training.backend import check_tensorboard, load_keras
    from pibench.models.training.begin import begun, check
    from pibench.models.training.run_folder import RunFolder
    from pibench.models.training.setting import classes_of, setting

    if seed + runs > LARGEST_SEED + 1:
        raise click.UsageError(f"{runs} runs from seed {seed} on go beyond {LARGEST_SEED}: begin with a lower --seed")
    if kind_of(subject) == "file":
        raise SubjectError(f"{printable(subject)} is a file: give an architecture, for example mobilenet_v1:depth=15")
    graph = load_graph(subject)
    recipe = changed(load_recipe(recipe_name), epochs=epochs, validation=validation)
    classes = classes_of(graph)
    if tensorboard:
        check_tensorboard()
    if download:
        load_keras()
    converted = converted_form(printable(subject))
    first = setting(graph, recipe, load_dataset(data, classes, download), seed, limit, converted=converted)
    planned = [
        (RunFolder(output if runs == 1 else output / f"seed{number}"), first._replace(seed=number))
        for number in range(seed, seed + runs)
    ]
    if runs > 1 and (output / "metrics.json").is_file():
        raise RunError(f"{output} is a run itself: give -o another folder for {runs} of them")
    for folder, one in planned:  # now, and not after days of training
        check(folder, one)
    load_keras()
    from pibench.models.training.environment import environment
    from pibench.models.training.fit import train

    command_line = ("pibench", *map(printable, context.obj))
    done: list[tuple[RunFolder, Metrics]] = []
    for folder, one in planned:
        try:
            with folder.alone(), Progress() as progress:
                metrics = begun(folder, one, recipe_name, lambda: environment(command_line))
                done.append((folder, train(folder, one, metrics, progress.show, tensorboard=tensorboard)))
        except KeyboardInterrupt:
            epochs_done = folder.metrics().epochs_done if folder.exists else 0
            others = f", {runs - len(done) - 1} more runs are to come" if runs - len(done) > 1 else ""
            click.echo(
                f"pibench: interrupted; {epochs_done} of {recipe.epochs} epochs are in {printable(str(folder.path))}"
                f"{others}: the same command goes on",
                err=True,
            )
            return EXIT_INTERRUPTED
    show_trained(done)
    return EXIT_OK
