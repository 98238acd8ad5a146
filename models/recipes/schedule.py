"""The learning rate of each step, as one array: what a run will do can be looked at before it runs."""

from __future__ import annotations

from functools import singledispatch

import numpy as np
import numpy.typing as npt

from .recipe import Cosine, Schedule, Steps, Triangle

Rates = npt.NDArray[np.float32]


def learning_rates(schedule: Schedule, epochs: int, steps: int) -> Rates:
    """For ``epochs`` of ``steps`` each."""
    return np.asarray(_rates(schedule, epochs, steps), np.float32)


@singledispatch
def _rates(schedule: Schedule, epochs: int, steps: int) -> npt.NDArray[np.float64]:
    raise NotImplementedError(schedule)


@_rates.register
def _cosine(schedule: Cosine, epochs: int, steps: int) -> npt.NDArray[np.float64]:
    each = schedule.peak * 0.5 * (1 + np.cos(np.pi * np.arange(epochs) / epochs))
    return np.repeat(each, steps)


@_rates.register
def _steps(schedule: Steps, epochs: int, steps: int) -> npt.NDArray[np.float64]:
    passed = [np.arange(epochs) >= round(part * epochs) for part in schedule.after]
    return np.repeat(schedule.peak * schedule.factor ** np.sum(passed, axis=0, initial=0), steps)


@_rates.register
def _triangle(schedule: Triangle, epochs: int, steps: int) -> npt.NDArray[np.float64]:
    corners = [schedule.begin, 1, schedule.end]
    return schedule.peak * np.interp(np.arange(epochs * steps) / (epochs * steps), [0, schedule.rise, 1], corners)
