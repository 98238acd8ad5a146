"""Who trains side by side in ``train_throughput.py``: each takes a graph, images, and the size of a batch."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pibench.graph import Graph

LEARNING_RATE, MOMENTUM = 0.01, 0.9
RECIPE = "quick"

Train = Callable[[], object]
"""Trains on all images once."""
Data = tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]


class Prepared(NamedTuple):
    """A network ready to train, and how many of its parameters do."""

    train: Train
    parameters: int


def pibench_keras(graph: Graph, data: Data, batch: int) -> Prepared:
    from pibench.models.conversion import to_keras

    return _fit(to_keras(graph), data, batch)


def stock_keras(graph: Graph, data: Data, batch: int) -> Prepared:
    """The same model with Keras' own layers in the places of pibench's."""
    import keras

    from pibench.models.conversion import FusedBatchNormalization, GroupedConv2D, to_keras

    stock = {FusedBatchNormalization: keras.layers.BatchNormalization, GroupedConv2D: keras.layers.Conv2D}

    def as_stock(layer: Any) -> Any:
        return stock.get(type(layer), type(layer)).from_config(layer.get_config())

    return _fit(keras.models.clone_model(to_keras(graph), clone_function=as_stock), data, batch)


def _fit(model: Any, data: Data, batch: int) -> Prepared:
    import keras

    model.compile(
        keras.optimizers.SGD(LEARNING_RATE, momentum=MOMENTUM, nesterov=True),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    parameters = sum(math.prod(weight.shape) for weight in model.trainable_weights)
    return Prepared(lambda: model.fit(*data, batch_size=batch, epochs=1, verbose=0), parameters)


def pibench_train(graph: Graph, data: Data, batch: int) -> Prepared:
    """What ``pibench train`` does in an epoch: augmentation, penalties and smoothed labels too."""
    from msgspec.structs import replace

    from pibench.models.data.generated import generated
    from pibench.models.recipes import load_recipe
    from pibench.models.training.setting import setting
    from pibench.models.training.trainer import Trainer

    count, size = data[0].shape[:2]
    classes = graph.spec(graph.outputs[0]).channels
    images = generated(classes, train_each=-(-count // classes), test_each=1, size=size)
    recipe = replace(load_recipe(RECIPE), epochs=1, batch=batch, validation=0.0, keep="last")
    trainer = Trainer(setting(graph, recipe, images, seed=0, limit=count))
    return Prepared(lambda: trainer.fit(0, []), graph.trainable_parameters)


def plain_torch(graph: Graph, data: Data, batch: int) -> Prepared:
    import torch
    from torch_network import TorchNetwork

    network = TorchNetwork(graph).train()
    images, labels = torch.from_numpy(data[0]), torch.from_numpy(data[1]).long()
    optimiser = torch.optim.SGD(network.parameters(), LEARNING_RATE, MOMENTUM, nesterov=True)
    loss = torch.nn.CrossEntropyLoss()

    def train() -> None:
        for chosen in torch.randperm(len(images)).split(batch):
            optimiser.zero_grad()
            loss(network(images[chosen]), labels[chosen]).backward()
            optimiser.step()

    return Prepared(train, sum(parameter.numel() for parameter in network.parameters()))


class Contender(NamedTuple):
    """``wanted``: how many times as fast as this one pibench's model is to train, if there is a goal."""

    name: str
    package: str
    prepare: Callable[[Graph, Data, int], Prepared]
    wanted: float | None = None
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def is_installed(self) -> bool:
        return importlib.util.find_spec(self.package) is not None


WANTED_OF_STOCK_KERAS = 1.5
LEVEL = 0.95
"""What counts as level with PyTorch: an interval never lies wholly above 1 where two are the same."""

OURS = Contender("pibench, Keras on TensorFlow", "tensorflow", pibench_keras)
WITH_RECIPE = Contender(f"the same as pibench train, {RECIPE}", "tensorflow", pibench_train)
STOCK = Contender("stock Keras on TensorFlow", "tensorflow", stock_keras, WANTED_OF_STOCK_KERAS)
TORCH = Contender("plain PyTorch, channels last", "torch", plain_torch, LEVEL)
# Its threads spin while they wait, which costs most of the speed where other work runs beside it.
PATIENT_TORCH = Contender(
    "the same, OMP_WAIT_POLICY=passive", "torch", plain_torch, LEVEL, (("OMP_WAIT_POLICY", "passive"),)
)
CONTENDERS = (OURS, WITH_RECIPE, STOCK, TORCH, PATIENT_TORCH)
