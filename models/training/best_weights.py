"""The weights of the best epoch, which are those of the last one at the time they are saved."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .history import Epoch, best
from .run_folder import EPOCH, Arrays, RunFolder, weights_in


def save_best(folder: RunFolder, epochs: Sequence[Epoch], state: Arrays) -> None:
    """If the last of these epochs, whose state this is, is the best one, and was not saved as such."""
    last = epochs[-1]
    if best(epochs) is not last:
        return
    saved = int(folder.arrays("best").get(EPOCH, 0)) if folder.has("best") else 0
    if saved != last.epoch:
        folder.save_arrays("best", {**weights_in(state), EPOCH: np.int64(last.epoch)})
