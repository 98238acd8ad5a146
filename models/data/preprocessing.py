"""Augmentation and normalisation as a Keras layer: part of the model that is trained, on whatever device trains it."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from .images import Normalisation
from .views import Views


class Preprocessing(keras.layers.Layer):
    """Images of 0 to 255 and the numbers of views → what the network sees.

    One gather: padding, cutting out and mirroring only choose which pixel comes where.
    """

    def __init__(self, views: Views, normalisation: Normalisation, **options: Any) -> None:
        super().__init__(trainable=False, **options)
        self._views = views
        self._normalisation = normalisation

    def call(self, pixels: Any, numbers: Any) -> Any:
        _, size, _, channels = pixels.shape
        positions = ops.arange(size, dtype="int32")
        rows, columns = self._views.source(ops.expand_dims(numbers, 1), size, positions)
        image = ops.expand_dims(ops.arange(ops.shape(pixels)[0], dtype="int32"), 1)
        line = (image * size + rows) * size
        places = ops.expand_dims(line, 2) + ops.expand_dims(columns, 1)
        seen = ops.take(ops.reshape(pixels, (-1, channels)), places, axis=0)
        return self._normalisation.of(ops.cast(seen, "float32"))

    def compute_output_shape(self, pixels_shape: Any, numbers_shape: Any) -> Any:
        return pixels_shape

    def compute_output_spec(self, pixels: Any, numbers: Any) -> Any:
        """Told, since tracing would need to know how many images there are."""
        return keras.KerasTensor(pixels.shape, "float32")
