"""What a run is made of, and whether these things fit together. No framework here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from pibench.errors import DataError, TrainingError
from pibench.graph import Graph
from pibench.graph.ops import Softmax
from pibench.models.data import Dataset, Images, split, subset
from pibench.models.data.split import fewest
from pibench.models.data.views import drawn
from pibench.models.learned_groups import LearnedGroups, learned_groups
from pibench.models.recipes import Augmentation, Recipe

from .metrics import TrainingData

Batch = tuple[dict[str, "np.ndarray"], "np.ndarray"]


class Setting(NamedTuple):
    """The network, the recipe, the images for learning and for validation, what they are, and the seed of all chance.

    The test images have no part in it, nor has what else the data set has: a training need not hold them in memory.
    ``converted``: the form that the network is deployed in, of one that learns its groups.
    """

    graph: Graph
    recipe: Recipe
    train: Images
    validation: Images
    data: TrainingData
    seed: int
    converted: Graph | None = None

    @property
    def steps(self) -> int:
        """Of each epoch; the last one has what is left over."""
        return -(-len(self.train) // self.recipe.batch)

    @property
    def all_steps(self) -> int:
        return self.recipe.epochs * self.steps

    @property
    def groups(self) -> tuple[LearnedGroups, ...]:
        """Those that are to be learned."""
        return learned_groups(self.converted) if self.converted is not None else ()


def setting(
    graph: Graph,
    recipe: Recipe,
    dataset: Dataset,
    seed: int,
    limit: int | None = None,
    *,
    converted: Graph | None = None,
) -> Setting:
    """Raises TrainingError for a network that cannot learn from these images, DataError for too few of them.

    ``limit``: so many of the training images, of which the validation takes its share too.
    """
    check_fits(graph, dataset)
    if limit is not None and limit < (least := fewest(dataset.classes, recipe.validation)) <= len(dataset.train):
        raise DataError(
            f"--limit {limit} leaves some of the {dataset.classes} classes without an image to"
            f" {'validate on' if 0 < recipe.validation <= 0.5 else 'learn from'}: give {least} at least"
        )
    images = dataset.train if limit is None else subset(dataset.train, limit)
    train, validation = split(images, recipe.validation)
    data = TrainingData(
        name=dataset.origin.name,
        images=dataset.origin.images,
        digest=dataset.origin.digest,
        train=len(train),
        validation=len(validation),
        test=len(dataset.test),
        normalisation=dataset.normalisation,
    )
    made = Setting(graph, recipe, train, validation, data, seed, converted)
    _check_groups_can_be_learned(made)
    return made


def classes_of(graph: Graph) -> int:
    """How many logits the network has. Raises TrainingError for what is no classifier in float32."""
    specs = [graph.spec(ref) for ref in graph.outputs]
    if len(specs) != 1 or len(graph.inputs) != 1 or specs[0].rank != 2:
        raise TrainingError(f"{graph.name} is no classifier: it needs one input, and one output with a logit per class")
    if specs[0].dtype != "float32":
        raise TrainingError(f"{graph.name} is quantised: train the float32 network")
    if any(isinstance(node.op, Softmax) and node.name in graph.outputs for node in graph.nodes):
        raise TrainingError(f"{graph.name} ends in a softmax: recipes train on logits, leave it out")
    return specs[0].channels


def check_fits(graph: Graph, dataset: Dataset) -> None:
    """Raises TrainingError unless the network takes these images and tells their classes."""
    shape = graph.spec(graph.inputs[0].name).shape[1:]
    if shape != dataset.image_shape:
        raise TrainingError(
            f"{graph.name} takes images of {'×'.join(map(str, shape))},"
            f" those of {dataset.origin.name} are {'×'.join(map(str, dataset.image_shape))}:"
            f" build it for these, with input_size={dataset.image_shape[0]}"
        )
    if classes_of(graph) != dataset.classes:
        raise TrainingError(
            f"{graph.name} has {classes_of(graph)} classes, {dataset.origin.name} has {dataset.classes}:"
            f" build it with classes={dataset.classes}"
        )


def _check_groups_can_be_learned(setting: Setting) -> None:
    condensation = max((layer.condensation for layer in setting.groups), default=1)
    if condensation == 1:
        return
    if setting.recipe.keep == "best":
        raise TrainingError(
            f"{setting.graph.name} learns its groups until half-way, and the best epoch may come before:"
            ' use a recipe with keep = "last"'
        )
    needed = 2 * (condensation - 1)
    if setting.all_steps < needed:
        raise TrainingError(
            f"{setting.graph.name} learns its groups in {needed} steps or more, these are {setting.all_steps}:"
            " give more --epochs, or more images"
        )


def batches(images: Images, augmentation: Augmentation, batch: int, seed: int, epoch: int) -> Iterator[Batch]:
    """An epoch's, in the order and the views that depend on the arguments alone."""
    order, views = drawn(augmentation, len(images), seed, epoch)
    for begin in range(0, len(images), batch):
        part = order[begin : begin + batch]
        yield {"pixels": images.pixels[part], "views": views[begin : begin + batch]}, images.labels[part]
