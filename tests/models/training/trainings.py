"""Small trainings on generated images."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from boards import PI_3
from msgspec.structs import replace

from pibench.graph import Graph, GraphBuilder
from pibench.models.architectures import build
from pibench.models.architectures.condensenet import converted_form
from pibench.models.data import Dataset
from pibench.models.data.generated import generated
from pibench.models.recipes import Augmentation, Decay, Recipe
from pibench.models.recipes.recipe import Triangle
from pibench.models.training.begin import begun
from pibench.models.training.metrics import Environment, Metrics
from pibench.models.training.run_folder import RunFolder
from pibench.models.training.setting import Setting, setting

CLASSES = 4
LEARNING_GROUPS = f"condensenet:stages=1-1-1,growth=8-8-8,form=training,input_size=8,classes={CLASSES}"
RECIPE = Recipe(
    epochs=4,
    batch=16,
    schedule=Triangle(peak=0.1),
    decay=Decay(kind="penalty", rate=1e-4, on=("conv", "dense")),
    augmentation=Augmentation(padding=1, offsets=3, mirror="random"),
    batch_norm_momentum=0.8,
    validation=0.2,
)
ENVIRONMENT = Environment(command=("pibench",), device=PI_3, backend="tensorflow", accelerators=(), versions={})


def small_images() -> Dataset:
    return generated(CLASSES, train_each=50, test_each=10, size=8)


def small_network(dropout: float = 0.2, classes: int = CLASSES) -> Graph:
    net = GraphBuilder("small")
    x = net.input((1, 8, 8, 3))
    x = net.activation(net.batch_norm(net.conv(x, 8, 3)), "relu")
    with net.scope("second"):
        x = net.activation(net.batch_norm(net.depthwise_conv(x, 3, 2)), "relu")
    x = net.global_average_pool(x)
    return net.build(net.dense(net.dropout(x, dropout), classes))


def small_setting(seed: int = 0, **changes: object) -> Setting:
    return setting(small_network(), replace(RECIPE, **changes), small_images(), seed)


def learning_groups(spec: str = LEARNING_GROUPS, **changes: object) -> Setting:
    """A CondenseNet that is trained to condense."""
    return setting(build(spec), replace(RECIPE, **changes), small_images(), 0, converted=converted_form(spec))


def begin(path: Path, one: Setting) -> tuple[RunFolder, Metrics]:
    folder = RunFolder(path)
    return folder, begun(folder, one, "small", lambda: ENVIRONMENT)


def trained(path: Path, one: Setting) -> tuple[RunFolder, Metrics]:
    from pibench.models.training.fit import train  # which imports Keras

    folder, metrics = begin(path, one)
    return folder, train(folder, one, metrics, lambda *_: None)


def trained_and_killed(factory: pytest.TempPathFactory, one: Setting, epochs: int) -> tuple[Path, Path]:
    """A run's folder as it was after so many epochs, and as it was in the end."""
    whole, killed = factory.mktemp("runs") / "whole", factory.mktemp("runs") / "killed"
    save = RunFolder.save_metrics

    def save_and_copy(folder: RunFolder, metrics: Metrics) -> None:
        save(folder, metrics)
        if metrics.epochs_done == epochs:
            shutil.copytree(whole, killed)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RunFolder, "save_metrics", save_and_copy)
        trained(whole, one)
    return killed, whole
