"""The Keras model of a graph with the weights that ``pibench.tflite.write`` draws."""

from __future__ import annotations

import keras

from pibench.graph import Graph
from pibench.models.conversion import load_weights, to_keras
from pibench.tflite import random_weights


def keras_twin(graph: Graph, *, batch: int | None = 1) -> keras.Model:
    """Its batch-norm statistics are not Keras' initial 0 and 1, with which the converter drops the addition."""
    model = to_keras(graph, batch=batch)
    load_weights(model, graph, random_weights(graph))
    return model
