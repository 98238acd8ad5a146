"""Learned group convolutions in training (Huang et al. 2018, arXiv 1711.09224), on any of Keras' backends.

Masks are variables of the optimiser, and each kernel's constraint multiplies it by its mask: Keras applies constraints
at the end of a step, within what the backend compiles. So nothing waits for Python between steps; kernels themselves
are zero where inputs were dropped, in forward passes, validation and what is saved; and masks are saved and restored as
momenta are, so that a run which goes on comes to the same weights. JAX would take any other variable's value in
there for a constant. (A layer that multiplies in its forward pass needs the same state, and leaves weights that are no
zeros; a callback that multiplies after each step has the device wait for it.)
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from pibench.models.conversion.from_keras import read
from pibench.models.learned_groups import LearnedGroups, moments, strongest

from .setting import Setting


class Condense(keras.callbacks.Callback):
    """Before the steps at which groups drop inputs, takes the weakest ones out of the masks.

    To be made before the optimiser is built or used; of a network that learns no groups it does nothing.
    """

    def __init__(self, setting: Setting, network: keras.Model, optimizer: keras.Optimizer) -> None:
        super().__init__()
        self._steps = setting.steps
        self._first_step = 0
        self._kept: dict[int, list[tuple[_Masked, int]]] = {}
        kernels = read(network)[1] if setting.groups else {}
        for layer in setting.groups:
            masked = _masked(layer, kernels[f"{layer.node}/kernel"], optimizer)
            for number, step in enumerate(moments(setting.all_steps, layer.condensation), 1):
                self._kept.setdefault(step, []).append((masked, layer.kept_after(number)))

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._first_step = epoch * self._steps

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        due = self._kept.get(self._first_step + batch, [])
        if due:
            # With JAX, variables have their values in the middle of an epoch once a callback has asked for the model.
            _ = self.model
        for masked, count in due:
            masked.keep(count)


class _Masked(NamedTuple):
    """A kernel of (…, inputs, outputs), and for each input and group 1 or 0."""

    kernel: keras.Variable
    mask: keras.Variable
    groups: int

    def keep(self, count: int) -> None:
        """So many inputs of each group; what was dropped before stays so."""
        kernel = ops.convert_to_numpy(self.kernel)
        mask = np.zeros(self.mask.shape, np.float32)
        np.put_along_axis(mask, strongest(kernel.reshape(kernel.shape[-2:]), self.groups, count).T, 1, axis=0)
        self.mask.assign(mask * ops.convert_to_numpy(self.mask))
        self.kernel.assign(self.applied(self.kernel))

    def applied(self, kernel: Any) -> Any:
        """Output o is of group o mod groups."""
        return kernel * ops.tile(self.mask, (1, kernel.shape[-1] // self.groups))


def _masked(layer: LearnedGroups, kernel: keras.Variable, optimizer: keras.Optimizer) -> _Masked:
    mask = optimizer.add_variable((layer.inputs, layer.groups), initializer="ones", name=f"{layer.node}.mask")
    masked = _Masked(kernel, mask, layer.groups)
    kernel.constraint = masked.applied
    return masked
