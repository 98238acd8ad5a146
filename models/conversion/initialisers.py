"""How the weights of a new model are drawn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import keras

from pibench.graph import Graph

Make = Callable[[], keras.initializers.Initializer]


class Initialisers(NamedTuple):
    """What makes the initialiser of each kind of kernel; biases are zeros."""

    conv: Make = keras.initializers.GlorotUniform
    depthwise: Make = keras.initializers.GlorotUniform
    dense: Make = keras.initializers.GlorotUniform


def _he_fan_out(distribution: str) -> Make:
    """Variance 2 / (kernel's area · channels that come out): He et al., 2015."""
    return partial(keras.initializers.VarianceScaling, 2.0, "fan_out", distribution)


def _within_root_of_fan_in() -> keras.initializers.Initializer:
    """Uniform within ±1/√fan_in, whose variance is a third of 1/fan_in."""
    return keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform")


GLOROT = Initialisers()
"""Keras' default, with which the thesis trained all that it trained with Keras, but Wide ResNets."""

WIDE_RESNET = Initialisers(conv=_he_fan_out("truncated_normal"), dense=_within_root_of_fan_in)

PYTORCH = Initialisers(conv=_he_fan_out("untruncated_normal"), dense=_within_root_of_fan_in)
"""As the thesis' DenseNets and CondenseNets, which it trained with PyTorch: its own default for dense layers."""

_BY_ARCHITECTURE = {"wide_resnet": WIDE_RESNET, "densenet": PYTORCH, "condensenet": PYTORCH}


def initialisers_of(graph: Graph) -> Initialisers:
    """What the thesis used for the architecture that the graph's name begins with."""
    return _BY_ARCHITECTURE.get(graph.name.partition(":")[0], GLOROT)
