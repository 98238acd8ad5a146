"""Weights of a Keras model under the names by which graphs, and ``pibench.tflite.write``, know them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from pibench.errors import ConversionError
from pibench.graph import Graph, WeightSpec
from pibench.tflite.weights import Array, Weights

from .from_keras import read
from .names import graph_name
from .reading import held


def weights_of(model: keras.Model, graph: Graph) -> dict[str, Array]:
    """The model's weights as ``node/weight`` → array, for a graph that it came from or that came from it.

    Raises ConversionError when a weight is missing or has another shape.
    """
    return {key: held(holder) for key, _, holder in _matched(model, graph)}


def load_weights(model: keras.Model, graph: Graph, weights: Weights) -> None:
    """The reverse: give the model the weights of a graph. Raises ConversionError as ``weights_of`` does."""
    matched = list(_matched(model, graph))
    for key, spec, holder in matched:  # all are looked at before the first is changed
        if key not in weights:
            raise ConversionError(f"the weights lack {key}")
        if np.shape(weights[key]) != spec.shape:
            raise ConversionError(f"the weights have {key} of shape {np.shape(weights[key])}, it is {spec.shape}")
        if not isinstance(holder, keras.Variable) and not np.array_equal(held(holder), weights[key]):
            raise ConversionError(f"the model has {key} as a fixed number, which cannot be changed")
    for key, _, holder in matched:
        if isinstance(holder, keras.Variable):
            holder.assign(weights[key])


def _matched(model: keras.Model, graph: Graph) -> Iterator[tuple[str, WeightSpec, Any]]:
    holders, name = read(model)[1], graph_name(model.name)
    for node in graph.nodes:
        for spec in graph.weights(node):
            key = f"{node.name}/{spec.name}"
            if key not in holders:
                raise ConversionError(f"model {name!r} has no {key}, which graph {graph.name!r} needs")
            shape = tuple(holders[key].shape)
            if shape != spec.shape:
                raise ConversionError(f"model {name!r} has {key} of shape {shape}, the graph needs {spec.shape}")
            yield key, spec, holders[key]
