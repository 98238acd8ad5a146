"""Grouped convolution that trains fast where Keras' own does not."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="pibench")
class GroupedConv2D(keras.layers.Conv2D):
    """Keras' layer with the same weights and outputs, computed group by group where that is faster.

    On TensorFlow, Keras compiles every grouped convolution with XLA, whose code for CPUs was seen
    to train 5 to 40 times slower than as many convolutions side by side. A batch fixed at 1 is
    one of a deployed network, which has the convolution as a single operation.
    """

    def call(self, inputs: Any) -> Any:
        if inputs.shape[0] == 1 or not self._is_compiled_for_cpu:
            return super().call(inputs)
        images = ops.split(inputs, self.groups, axis=-1)
        kernels = ops.split(self.kernel, self.groups, axis=-1)
        outputs = ops.concatenate([self.convolution_op(*pair) for pair in zip(images, kernels, strict=True)], axis=-1)
        if self.use_bias:
            outputs = outputs + self.bias
        return outputs if self.activation is None else self.activation(outputs)

    @cached_property
    def _is_compiled_for_cpu(self) -> bool:
        return keras.backend.backend() == "tensorflow" and not keras.distribution.list_devices("gpu")
