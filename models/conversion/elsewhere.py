"""Models of JAX and PyTorch → .tflite: a process whose backend is TensorFlow makes their twin and converts it.

What a graph can say goes there as graph and weights, which that process knows for certain; the
rest in Keras' own format, which it opens if it knows the layers.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import keras
import numpy as np

from pibench.errors import ConversionError
from pibench.graph import Graph

from .from_keras import from_keras
from .here import Images, convert_here
from .names import graph_name
from .to_keras import to_keras
from .weights import load_weights, weights_of

_GRAPH, _WEIGHTS, _MODEL, _IMAGES = "graph.json", "weights.npz", "model.keras", "images.npy"
_NO_GRAPH, _RESULT, _REASON = "no_graph.txt", "model.tflite", "reason.txt"
# This process may hold all of the GPU's memory.
_ENVIRONMENT = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}


def convert_elsewhere(model: keras.Model, images: Images | None) -> bytes:
    """As ``convert_here``, for a model of any backend."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _put(model, folder)
        if images is not None:
            np.save(folder / _IMAGES, images)
        done = subprocess.run(
            [sys.executable, "-m", __name__, name],
            env={**os.environ, **_ENVIRONMENT},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            return (folder / _RESULT).read_bytes()
        reason = folder / _REASON
        if reason.exists():
            raise ConversionError(reason.read_text(), detail=done.stderr)
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ConversionError(
            f"the process that converts model {graph_name(model.name)!r} ended with code {done.returncode}: {last}",
            detail=done.stderr,
        )


def _put(model: keras.Model, folder: Path) -> None:
    try:
        graph = from_keras(model)
    except ConversionError as error:
        (folder / _NO_GRAPH).write_text(str(error))
        _save(model, folder)
        return
    (folder / _GRAPH).write_bytes(graph.to_json())
    np.savez(folder / _WEIGHTS, **weights_of(model, graph))


def _save(model: keras.Model, folder: Path) -> None:
    try:
        model.save(folder / _MODEL)
    except OSError:
        raise
    except Exception as error:  # a layer's own get_config may raise anything
        raise ConversionError(f"model {graph_name(model.name)!r} cannot be saved: {error}") from error


def _take(folder: Path) -> keras.Model:
    if (folder / _GRAPH).exists():
        graph = Graph.from_json((folder / _GRAPH).read_bytes())
        model = to_keras(graph, batch=1)
        with np.load(folder / _WEIGHTS) as weights:
            load_weights(model, graph, dict(weights))
        return model
    try:
        return keras.saving.load_model(folder / _MODEL, compile=False)
    except Exception as error:  # Keras has no type of its own for layers that it does not know
        why = (folder / _NO_GRAPH).read_text()
        raise ConversionError(
            f"{why}, and another process cannot open the saved model: export it under KERAS_BACKEND=tensorflow",
            detail=str(error),
        ) from error


def _main(folder: Path) -> None:
    images = np.load(folder / _IMAGES) if (folder / _IMAGES).exists() else None
    try:
        (folder / _RESULT).write_bytes(convert_here(_take(folder), images))
    except ConversionError as error:
        (folder / _REASON).write_text(str(error))
        sys.exit(1)


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
