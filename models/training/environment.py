"""Where a training runs."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence

import keras

from pibench.device import read_device

from .metrics import Environment

_DISTRIBUTIONS = ("pibench", "keras", "numpy", "tensorflow", "jax", "torch")


def environment(command: Sequence[str]) -> Environment:
    """This machine and what is installed on it."""
    return Environment(
        command=tuple(command),
        device=read_device(),
        backend=keras.backend.backend(),
        accelerators=_accelerators(),
        versions={name: version for name in _DISTRIBUTIONS if (version := _version(name))},
    )


def _accelerators() -> tuple[str, ...]:
    """As the backend names them."""
    if keras.backend.backend() == "torch":  # there Keras has no module to ask
        import torch

        return tuple(map(torch.cuda.get_device_name, range(torch.cuda.device_count())))
    try:
        return tuple(keras.distribution.list_devices("gpu"))
    except (NotImplementedError, RuntimeError, ValueError):
        return ()


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
