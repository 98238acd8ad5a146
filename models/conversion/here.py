"""Keras model → .tflite through TensorFlow's converter, in a process whose backend is TensorFlow."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from pibench.errors import ConversionError

from .names import graph_name

Images = npt.NDArray[np.float32]


def convert_here(model: keras.Model, images: Images | None) -> bytes:
    """The file's content; int8 if there are images. Raises ConversionError, and OSError of the temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "model.tflite")
        try:
            with _silence():
                signature, options = _signature(model), _options(images)
                model.export(file, format="litert", verbose=False, input_signature=signature, **options)
        except OSError:
            raise
        except Exception as error:  # the converter has no type of its own, and raises from many layers of TensorFlow
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise ConversionError(
                f"TensorFlow's converter cannot convert model {graph_name(model.name)!r}: {reason}", detail=str(error)
            ) from error
        return file.read_bytes()


def _signature(model: keras.Model) -> list[Any]:
    # A free batch turns every reshape into four operations.
    specs = [keras.InputSpec(shape=(1, *x.shape[1:]), dtype=x.dtype, name=_input_name(x)) for x in model.inputs]
    return specs if len(specs) == 1 else [specs]


def _input_name(tensor: Any) -> str:
    return str(tensor._keras_history.operation.name)


def _options(images: Images | None) -> dict[str, Any]:
    """Settings of ``tf.lite.TFLiteConverter``. Keras' own would let TensorFlow's operations into the file."""
    import tensorflow as tf

    if images is None:
        return {"target_spec": {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]}}
    return {
        "target_spec": {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]},
        "optimizations": [tf.lite.Optimize.DEFAULT],
        "representative_dataset": lambda: ([image[np.newaxis]] for image in images),
        "inference_input_type": tf.int8,
        "inference_output_type": tf.int8,
    }


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """The exporter lists every variable."""
    with contextlib.redirect_stdout(io.StringIO()):
        yield
