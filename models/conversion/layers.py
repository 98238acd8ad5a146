"""The operations of a graph for which Keras has no layer of its own.

They are serialisable: a saved model opens wherever this module is imported. Axes count the
batch, which they leave alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import keras
from keras import ops

_serialisable = keras.saving.register_keras_serializable(package="pibench")


@_serialisable
class Split(keras.layers.Layer):
    """Parts of given sizes along an axis."""

    def __init__(self, sizes: Sequence[int], axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sizes = tuple(sizes)
        self.axis = axis

    def call(self, inputs: Any) -> Any:
        # A number of equal parts, where it can be: TensorFlow has an operation for each case.
        equal = len(set(self.sizes)) == 1
        parts = len(self.sizes) if equal else list(accumulate(self.sizes))[:-1]
        return ops.split(inputs, parts, axis=self.axis)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "sizes": self.sizes, "axis": self.axis}


@_serialisable
class Slice(keras.layers.Layer):
    """A box cut out of every image: corner and extent per axis, without the batch."""

    def __init__(self, begin: Sequence[int], size: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.begin = tuple(begin)
        self.size = tuple(size)

    def call(self, inputs: Any) -> Any:
        # As people write it: an axis that is kept whole is left open.
        extents = inputs.shape[1:]
        ends = [b + n for b, n in zip(self.begin, self.size, strict=True)]
        box = (slice(b or None, e if e < n else None) for b, e, n in zip(self.begin, ends, extents, strict=True))
        return inputs[(slice(None), *box)]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "begin": self.begin, "size": self.size}


@_serialisable
class Gather(keras.layers.Layer):
    """Entries of an axis, chosen by index."""

    def __init__(self, indices: Sequence[int], axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.indices = tuple(indices)
        self.axis = axis

    def call(self, inputs: Any) -> Any:
        return ops.take(inputs, self.indices, axis=self.axis)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "indices": self.indices, "axis": self.axis}


@_serialisable
class Pad(keras.layers.Layer):
    """Zeros before and after each axis, without the batch."""

    def __init__(self, paddings: Sequence[Sequence[int]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.paddings = tuple(map(tuple, paddings))

    def call(self, inputs: Any) -> Any:
        return ops.pad(inputs, ((0, 0), *self.paddings))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "paddings": self.paddings}


class _Constant(keras.layers.Layer):
    """Combines its input with a weight of a given shape, which training leaves as it is."""

    def __init__(self, shape: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shape = tuple(shape)

    def build(self, input_shape: Any) -> None:
        self.constant = self.add_weight(shape=self.shape, initializer=self._neutral, trainable=False, name="constant")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "shape": self.shape}


@_serialisable
class AddConstant(_Constant):
    """The input and a constant, added."""

    _neutral = "zeros"

    def call(self, inputs: Any) -> Any:
        return inputs + self.constant


@_serialisable
class MultiplyByConstant(_Constant):
    """The input times a constant."""

    _neutral = "ones"

    def call(self, inputs: Any) -> Any:
        return inputs * self.constant
