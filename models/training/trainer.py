"""The Keras model that is trained, and its state to and from arrays."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import keras

from pibench.graph import Graph
from pibench.graph.ops import BatchNorm
from pibench.models.conversion import layer_of, load_weights, to_keras, weights_of
from pibench.models.data.views import views_of
from pibench.models.recipes.schedule import learning_rates

from .condense import Condense
from .decay import apply_decay
from .optimizer import RateOfStep, loss_for
from .preprocessed import EVALUATION_BATCH, as_they_are, with_preprocessing
from .run_folder import Arrays
from .setting import Batch, Setting, batches, classes_of
from .variables import other_state, set_other_state


def set_batch_norm_momentum(network: keras.Model, graph: Graph, momentum: float) -> None:
    """Of the running statistics."""
    for node in graph.nodes:
        if isinstance(node.op, BatchNorm):
            layer_of(network, node.name).momentum = momentum


class Trainer:
    """A network with fresh weights, drawn from the setting's seed."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        recipe, graph = setting.recipe, setting.graph
        keras.utils.set_random_seed(setting.seed)
        self._network = to_keras(graph)
        if recipe.batch_norm_momentum is not None:
            set_batch_norm_momentum(self._network, graph, recipe.batch_norm_momentum)
        self._rates = learning_rates(recipe.schedule, recipe.epochs, setting.steps)
        self._optimizer = keras.optimizers.SGD(RateOfStep(self._rates), recipe.momentum, recipe.nesterov)
        if recipe.decay:
            apply_decay(recipe.decay, self._network, graph, self._optimizer)
        self._condense = Condense(setting, self._network, self._optimizer)
        self._model = with_preprocessing(self._network, views_of(recipe.augmentation), setting.data.normalisation)
        loss = loss_for(classes_of(graph), recipe.label_smoothing)
        accuracy = keras.metrics.SparseCategoricalAccuracy("accuracy")
        self._model.compile(self._optimizer, loss, metrics=[accuracy])
        self._optimizer.build(self._model.trainable_variables)

    def weights(self) -> Arrays:
        return weights_of(self._network, self._setting.graph)

    def state(self) -> Arrays:
        """All that the next epoch depends on, the weights included."""
        return {**self.weights(), **other_state(self._network, self._optimizer)}

    def restore(self, state: Arrays) -> None:
        """Raises ConversionError and RunError for another network's state."""
        load_weights(self._network, self._setting.graph, state)
        set_other_state(self._network, self._optimizer, state)

    def learning_rate(self, epoch: int) -> float:
        """Of the last step of an epoch, counted from 1."""
        return float(self._rates[epoch * self._setting.steps - 1])

    def fit(self, epochs_done: int, callbacks: list[keras.callbacks.Callback]) -> None:
        """All epochs of the recipe that are not done yet."""
        validation = self._setting.validation
        views = views_of(self._setting.recipe.augmentation)
        self._model.fit(
            self._batches(epochs_done),
            epochs=self._setting.recipe.epochs,
            initial_epoch=epochs_done,
            steps_per_epoch=self._setting.steps,
            validation_data=(as_they_are(validation, views), validation.labels) if len(validation) else None,
            validation_batch_size=EVALUATION_BATCH,
            callbacks=[self._condense, *callbacks],
            shuffle=False,
            verbose=0,
        )

    def _batches(self, epochs_done: int) -> Iterator[Batch]:
        """Without end: Keras counts the steps."""
        for epoch in count(epochs_done):
            recipe = self._setting.recipe
            yield from batches(self._setting.train, recipe.augmentation, recipe.batch, self._setting.seed, epoch)
