"""Training a network in a run's folder, from the start or from where an earlier process got to."""

from __future__ import annotations

import keras
import msgspec
import numpy as np

from pibench.errors import RunError

from .best_weights import save_best
from .history import Epoch, best
from .metrics import Metrics
from .run_folder import EPOCH, Arrays, RunFolder
from .setting import Setting
from .trainer import Trainer
from .watch import Progress, Tell, Watch


def train(
    folder: RunFolder, setting: Setting, metrics: Metrics, progress: Progress, *, tensorboard: bool = False
) -> Metrics:
    """All epochs that are not done yet; the metrics of the run as they are then, saved too.

    ``metrics``: those of the run so far, already in the folder. The same setting comes to the same
    weights, in however many processes. Raises TrainingError and RunError; what was saved before stays.
    """
    epochs, state = _so_far(folder, metrics.epochs_done)
    if epochs:
        # A kill may have come after the last weights and before the best ones.
        save_best(folder, epochs, state)
    if len(epochs) < setting.recipe.epochs:
        trainer = Trainer(setting)
        if epochs:
            trainer.restore(state)

        def saved() -> None:
            folder.save_metrics(summarised(metrics, epochs))

        callbacks: list[keras.callbacks.Callback] = [
            Tell(progress, setting.recipe.epochs, setting.steps),
            Watch(trainer, folder, epochs, saved),
        ]
        if tensorboard:
            callbacks.append(keras.callbacks.TensorBoard(folder.path / "tensorboard", write_graph=False))
        trainer.fit(len(epochs), callbacks)
    result = summarised(metrics, epochs)
    folder.save_metrics(result)
    return result


def _so_far(folder: RunFolder, epochs_done: int) -> tuple[list[Epoch], Arrays]:
    """The epochs that are done, ``epochs_done`` at least, and the state after them. Raises RunError."""
    state = folder.arrays("last") if folder.has("last") else {}
    done = int(state.pop(EPOCH, np.int64(0)))
    # A line may be there of an epoch whose weights a kill kept from being saved: it is trained again.
    epochs = list(folder.history()[:done])
    if len(epochs) != done or done < epochs_done:
        raise RunError(
            f"{folder.path} says that {epochs_done} epochs are done, and has a history of {len(epochs)} and weights of"
            f" {done}: give -o another folder"
        )
    return epochs, state


def summarised(metrics: Metrics, epochs: list[Epoch]) -> Metrics:
    """The metrics after these epochs."""
    best_one = best(epochs)
    kept = (best_one if metrics.keep == "best" else None) or (epochs[-1] if epochs else None)
    return msgspec.structs.replace(
        metrics,
        epochs_done=len(epochs),
        training_s=round(sum(epoch.seconds for epoch in epochs), 3),
        kept_epoch=kept.epoch if kept else 0,
        training_accuracy=kept.accuracy if kept else None,
        validation_accuracy=kept.validation_accuracy if kept else None,
    )
