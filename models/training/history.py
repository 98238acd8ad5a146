"""What is noted of each epoch."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from .metrics import Share


class Epoch(msgspec.Struct, frozen=True, kw_only=True):
    """A line of history.csv; epochs are counted from 1, ``learning_rate`` is the last step's."""

    epoch: int
    learning_rate: float
    loss: float
    accuracy: Share
    validation_loss: float | None = None
    validation_accuracy: Share | None = None
    seconds: float


def best(epochs: Sequence[Epoch]) -> Epoch | None:
    """The first of those with the best validation accuracy; None where nothing was validated."""
    rated = [epoch for epoch in epochs if epoch.validation_accuracy is not None]
    return max(rated, key=lambda epoch: (epoch.validation_accuracy, -epoch.epoch), default=None)
