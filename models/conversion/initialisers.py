"""How the weights of a new model are drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import keras

from pibench.graph import Graph

Make = Callable[[], keras.initializers.Initializer]


class Initialisers(NamedTuple):
    """What makes the initialiser of each kind of kernel; biases are zeros."""

    conv: Make = keras.initializers.GlorotUniform
    depthwise: Make = keras.initializers.GlorotUniform
    dense: Make = keras.initializers.GlorotUniform


def _he_fan_out() -> keras.initializers.Initializer:
    return keras.initializers.VarianceScaling(2.0, "fan_out", "truncated_normal")


def _within_root_of_fan_in() -> keras.initializers.Initializer:
    """Uniform within ±1/√fan_in, whose variance is a third of 1/fan_in."""
    return keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform")


GLOROT = Initialisers()
"""Keras' default, with which the thesis trained all its networks but one."""

WIDE_RESNET = Initialisers(conv=_he_fan_out, dense=_within_root_of_fan_in)

_BY_ARCHITECTURE = {"wide_resnet": WIDE_RESNET}


def initialisers_of(graph: Graph) -> Initialisers:
    """What the thesis used for the architecture that the graph's name begins with."""
    return _BY_ARCHITECTURE.get(graph.name.partition(":")[0], GLOROT)
