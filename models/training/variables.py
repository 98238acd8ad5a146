"""What training changes besides the weights, as arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from pibench.errors import RunError

from .run_folder import STATE, Arrays


def other_state(network: keras.Model, optimizer: keras.Optimizer) -> dict[str, npt.NDArray[Any]]:
    """The optimiser's variables, and those of layers that draw random numbers."""
    return {key: np.asarray(keras.ops.convert_to_numpy(variable)) for key, variable in _variables(network, optimizer)}


def set_other_state(network: keras.Model, optimizer: keras.Optimizer, state: Arrays) -> None:
    """The reverse. Raises RunError."""
    for key, variable in _variables(network, optimizer):
        if key not in state or state[key].shape != tuple(variable.shape):
            raise RunError(f"the run's last.npz lacks {key}, or has it in another shape: train again with another -o")
        variable.assign(state[key])


def _variables(network: keras.Model, optimizer: keras.Optimizer) -> Iterator[tuple[str, keras.Variable]]:
    weights = {id(variable) for variable in network.weights}
    random = [variable for variable in network.variables if id(variable) not in weights]
    for what, variables in (("optimizer", optimizer.variables), ("random", random)):
        for index, variable in enumerate(variables):
            yield f"{STATE}{what}{STATE}{index}", variable
