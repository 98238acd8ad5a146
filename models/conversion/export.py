"""Keras model → .tflite through TensorFlow's converter: batch 1, TFLite's own operations only."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from pibench.errors import ConversionError

Image = npt.NDArray[np.float32]

MISSING = "a .tflite file is made by TensorFlow, which is not installed here: pip install 'pibench[train]'"


def export_tflite(model: keras.Model, path: str | Path, representative: Iterable[Image] | None = None) -> None:
    """Write a model as a .tflite file: float32, or all int8 if representative inputs are given.

    Works with any backend of Keras, where TensorFlow is installed too. Raises ConversionError for
    models that cannot be converted, and when the file cannot be written.
    """
    content = convert(model, representative)
    try:
        Path(path).write_bytes(content)
    except OSError as error:
        raise ConversionError(f"cannot write {path}: {error.strerror}") from None


def convert(model: keras.Model, representative: Iterable[Image] | None = None) -> bytes:
    """The content of the file that ``export_tflite`` writes."""
    if importlib.util.find_spec("tensorflow") is None:
        raise ConversionError(MISSING)
    images = None if representative is None else [np.asarray(image, np.float32) for image in representative]
    if images == []:
        raise ConversionError("an int8 network needs at least one representative input")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "model.tflite")
        export = _export if keras.backend.backend() == "tensorflow" else _export_elsewhere
        export(model, file, images)
        return file.read_bytes()


def _export(model: keras.Model, file: Path, images: list[Image] | None) -> None:
    try:
        with _silence():
            model.export(file, format="litert", verbose=False, input_signature=_signature(model), **_options(images))
    except Exception as error:  # the converter has no type of its own, and raises from many layers of TensorFlow
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ConversionError(
            f"TensorFlow's converter cannot convert model {model.name!r}: {reason}", detail=str(error)
        ) from error


def _signature(model: keras.Model) -> list[Any]:
    # A free batch turns every reshape into four operations.
    specs = [keras.InputSpec(shape=(1, *x.shape[1:]), dtype=x.dtype, name=_input_name(x)) for x in model.inputs]
    return specs if len(specs) == 1 else [specs]


def _input_name(tensor: Any) -> str:
    return str(tensor._keras_history.operation.name)


def _options(images: list[Image] | None) -> dict[str, Any]:
    """Settings of ``tf.lite.TFLiteConverter``. Keras' own would let TensorFlow's operations into the file."""
    import tensorflow as tf

    if images is None:
        return {"target_spec": {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]}}
    return {
        "target_spec": {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]},
        "optimizations": [tf.lite.Optimize.DEFAULT],
        "representative_dataset": lambda: ([image] for image in images),
        "inference_input_type": tf.int8,
        "inference_output_type": tf.int8,
    }


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """The exporter lists every variable."""
    with contextlib.redirect_stdout(io.StringIO()):
        yield


def _export_elsewhere(model: keras.Model, file: Path, images: list[Image] | None) -> None:
    """In a process whose backend is TensorFlow, for a model of another backend."""
    saved, inputs = file.with_name("model.keras"), file.with_name("inputs.npz")
    model.save(saved)
    np.savez(inputs, **{f"{k:06}": image for k, image in enumerate(images or ())})
    done = subprocess.run(
        [sys.executable, "-m", __name__, str(saved), str(inputs), str(file)],
        env={**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ConversionError(f"model {model.name!r} cannot be exported: {last}", detail=done.stderr)


def _main(saved: str, inputs: str, file: str) -> None:
    with np.load(inputs) as arrays:
        images = [arrays[name] for name in sorted(arrays.files)]
    try:
        _export(keras.saving.load_model(saved, compile=False), Path(file), images or None)
    except ConversionError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    _main(*sys.argv[1:])
