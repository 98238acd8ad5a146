"""A recipe's learning rates and loss, in Keras."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from pibench.models.recipes.schedule import Rates


class RateOfStep(keras.optimizers.schedules.LearningRateSchedule):
    """Looks up what was computed beforehand; the last one from then on."""

    def __init__(self, rates: Rates) -> None:
        self._rates = rates

    def __call__(self, step: Any) -> Any:
        return ops.take(self._rates, ops.minimum(ops.cast(step, "int32"), len(self._rates) - 1))

    def get_config(self) -> dict[str, Any]:
        return {"rates": self._rates.tolist()}


def loss_for(classes: int, label_smoothing: float) -> Callable[[Any, Any], Any]:
    """Cross-entropy between numbers of classes and logits."""

    def cross_entropy(labels: Any, logits: Any) -> Any:
        wanted = ops.one_hot(ops.cast(ops.reshape(labels, (-1,)), "int32"), classes)
        return keras.losses.categorical_crossentropy(wanted, logits, from_logits=True, label_smoothing=label_smoothing)

    return cross_entropy
