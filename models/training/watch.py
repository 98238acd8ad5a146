"""What happens beside Keras' loop: progress, a look at the loss, and everything saved after each epoch."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from pibench.errors import TrainingError

from .best_weights import save_best
from .history import Epoch
from .run_folder import EPOCH, RunFolder
from .trainer import Trainer

# What is at work, how many of how many steps are done.
Progress = Callable[[str, float, float], None]


class Watch(keras.callbacks.Callback):
    """Saves the last and the best weights and the history in the run's folder.

    Raises TrainingError when the loss is no number any more, before it is saved; RunError.
    """

    # Progress and a comparison: they may be late, and need not hold the device up.
    async_safe = True

    def __init__(self, trainer: Trainer, folder: RunFolder, epochs: list[Epoch], saved: Callable[[], None]) -> None:
        super().__init__()
        self._trainer = trainer
        self._folder = folder
        self._epochs = epochs
        self._saved = saved
        self._begin = 0.0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._begin = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._check_finite(logs["loss"])

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        done = Epoch(
            epoch=epoch + 1,
            learning_rate=self._trainer.learning_rate(epoch + 1),
            loss=logs["loss"],
            accuracy=logs["accuracy"],
            validation_loss=logs.get("val_loss"),
            validation_accuracy=logs.get("val_accuracy"),
            seconds=round(time.monotonic() - self._begin, 3),
        )
        state = self._trainer.state()
        self._check_finite(done.loss, *(values for values in state.values() if values.dtype.kind == "f"))
        self._folder.save_history([*self._epochs, done])
        # With it, the epoch is done.
        self._folder.save_arrays("last", {**state, EPOCH: np.int64(epoch + 1)})
        self._epochs.append(done)
        save_best(self._folder, self._epochs, state)
        self._saved()

    def _check_finite(self, *values: Any) -> None:
        if all(np.isfinite(value).all() for value in values):
            return
        done = len(self._epochs)
        kept = f"the state after epoch {done} is kept in {self._folder.path}" if done else "nothing was learnt yet"
        raise TrainingError(
            f"the loss grew beyond all bounds in epoch {done + 1}; {kept}:"
            " start again elsewhere with a recipe of a lower peak learning rate"
        )


class Tell(keras.callbacks.Callback):
    """Tells how far it is, twice a second at the most."""

    async_safe = True

    def __init__(self, progress: Progress, epochs: int, steps: int) -> None:
        super().__init__()
        self._progress = progress
        self._epochs = epochs
        self._steps = steps
        self._epoch = 0
        self._told = 0.0
        self._validation = ""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        now = time.monotonic()
        if now - self._told >= 0.5:
            self._told = now
            text = f"epoch {self._epoch + 1} of {self._epochs}, loss {logs['loss']:.3f}{self._validation}"
            self._progress(text, self._epoch * self._steps + batch + 1, self._epochs * self._steps)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if "val_accuracy" in logs:
            self._validation = f", validation {100 * logs['val_accuracy']:.1f} %"
