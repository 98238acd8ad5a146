"""Keras model → .tflite, whatever its backend: batch 1, TFLite's own operations only."""

from __future__ import annotations

import importlib.util
import tempfile
from pathlib import Path

import keras
import numpy as np

from pibench.document import check_place, write_file
from pibench.errors import ConversionError

from .here import Images, convert_here
from .names import graph_name
from .reading import fits

MISSING = "a .tflite file is made by TensorFlow, which is not installed here: pip install 'pibench[train]'"


def export_tflite(model: keras.Model, path: str | Path, representative: Images | None = None) -> None:
    """Write a model as a .tflite file: float32, or all int8 if representative inputs are given.

    ``representative`` has the shape of the model's only input, N × height × width × channels for
    images, and holds what the network will see, normalised as in training: the ranges of int8
    come from it. Several inputs and outputs are told by the names in the file's signature: the
    converter puts them in an order of its own. Works with any backend of Keras, where TensorFlow
    is installed too. Raises ConversionError for models that cannot be converted, and when the
    file cannot be written.
    """
    check_place(Path(path), "model", ConversionError)
    write_file(convert(model, representative), Path(path), "model", ConversionError)


def convert(model: keras.Model, representative: Images | None = None) -> bytes:
    """The content of the file that ``export_tflite`` writes."""
    if importlib.util.find_spec("tensorflow") is None:
        raise ConversionError(MISSING)
    name = graph_name(model.name)
    if not getattr(model, "inputs", None):
        raise ConversionError(f"model {name!r} does not know its inputs: begin it with keras.Input")
    images = None if representative is None else _fitting(np.asarray(representative, np.float32), model, name)
    try:
        if keras.backend.backend() == "tensorflow":
            return convert_here(model, images)
        from .elsewhere import convert_elsewhere

        return convert_elsewhere(model, images)
    except OSError as error:
        raise ConversionError(
            f"model {name!r} cannot be converted in the folder {tempfile.gettempdir()}: {error.strerror or error}; "
            "set TMPDIR to another one"
        ) from None


def _fitting(images: Images, model: keras.Model, name: str) -> Images:
    if len(model.inputs) != 1:
        raise ConversionError(f"model {name!r} has {len(model.inputs)} inputs: an int8 network is made of one with one")
    if images.size == 0:
        raise ConversionError("an int8 network needs at least one representative input")
    wanted = model.inputs[0].shape
    if not fits(images.shape, (None, *wanted[1:])):
        shown = " × ".join(map(str, ("N", *wanted[1:])))
        raise ConversionError(f"representative inputs of model {name!r} are {shown}, not of shape {images.shape}")
    return images
