"""A recipe's decay on a Keras model's variables."""

from __future__ import annotations

import keras

from pibench.graph import Graph
from pibench.models.conversion.from_keras import read
from pibench.models.recipes.decayed import decayed
from pibench.models.recipes.recipe import Decay


def apply_decay(decay: Decay, network: keras.Model, graph: Graph, optimizer: keras.Optimizer) -> None:
    """Before the optimiser is built."""
    holders = read(network)[1]
    pulled = [holders[name] for name in decayed(decay, graph)]
    if decay.kind == "penalty":
        for variable in pulled:
            variable.regularizer = keras.regularizers.L2(decay.rate)
        return
    ids = {id(variable) for variable in pulled}
    optimizer.weight_decay = decay.rate
    optimizer.exclude_from_weight_decay([v for v in network.trainable_variables if id(v) not in ids])
