"""Loading Keras with its backend, without the pages that TensorFlow prints about it."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import tempfile
from collections.abc import Iterator
from typing import IO

from pibench.errors import TrainingError


def load_keras() -> None:
    """Import Keras and have its backend find its devices. Raises TrainingError where they are not installed."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # what follows later on
    with tempfile.TemporaryFile() as log, _stderr_into(log):
        try:
            import keras

            keras.ops.zeros(1)
            if keras.backend.backend() != "tensorflow":
                # Keras asks for it all the same (set_random_seed does): what it says of its start is said now.
                with contextlib.suppress(Exception):
                    import tensorflow  # noqa: F401
        except ImportError as error:
            chosen = os.environ.get("KERAS_BACKEND")
            if chosen and error.name == chosen:
                raise TrainingError(
                    f"{chosen} of KERAS_BACKEND={chosen} is not installed: pip install {chosen}"
                ) from None
            raise TrainingError(
                f"training and evaluating need Keras and a backend ({error}): pip install 'pibench[train]'"
            ) from None
        except ValueError as error:  # of a KERAS_BACKEND that Keras does not know
            raise TrainingError(f"Keras cannot start: {error}") from None
        except Exception as error:
            log.seek(0)
            raise TrainingError(f"Keras cannot start: {error}", log.read().decode(errors="replace").strip()) from None


def check_tensorboard() -> None:
    """Raises TrainingError where Keras could not write TensorBoard's logs."""
    # With any backend: the writer is TensorFlow's, which has it from TensorBoard.
    missing = [name for name in ("tensorflow", "tensorboard") if importlib.util.find_spec(name) is None]
    if missing:
        raise TrainingError(f"logs for TensorBoard need {' and '.join(missing)}: pip install {' '.join(missing)}")


@contextlib.contextmanager
def _stderr_into(log: IO[bytes]) -> Iterator[None]:
    """Of the whole process, since native code writes there."""
    try:
        kept = os.dup(2)
    except OSError:  # a service may run without
        yield
        return
    os.dup2(log.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
