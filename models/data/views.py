"""Augmentation as a number: every way in which an image can be shown, shifted and mirrored.

An image shown under a number is always the same, so whoever knows the numbers (a teacher that
remembers its answers, a run that goes on after a kill) knows the images. The arithmetic takes
NumPy arrays and the tensors of any Keras backend.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from pibench.models.recipes.recipe import Augmentation

# Apart from every epoch's number.
_BEFORE_ALL_EPOCHS = 2**32 - 1

A = TypeVar("A", bound=Any)


class Views(NamedTuple):
    """Numbers of views: row offset + ``offsets`` · (column offset + ``offsets`` · mirrored).

    The image is padded by ``padding`` pixels that mirror it at its edges; offset ``padding`` does not shift.
    """

    padding: int
    offsets: int

    @property
    def neutral(self) -> int:
        """The image as it is."""
        return self.padding * (1 + self.offsets)

    def source(self, numbers: A, size: int, positions: Any) -> tuple[A, A]:
        """For each view, from which row and column of the image each of its rows and columns comes.

        ``numbers`` has shape (n, 1), ``positions`` is 0 to size - 1.
        """
        row, column = numbers % self.offsets, numbers // self.offsets % self.offsets
        mirrored = numbers // self.offsets**2
        turned = positions + mirrored * (size - 1 - 2 * positions)
        return (
            _reflected(row - self.padding + positions, size),
            _reflected(column - self.padding + turned, size),
        )


def _reflected(position: A, size: int) -> A:
    """Positions outside come back in, the edge itself not repeated."""
    last = size - 1
    return last - abs(last - abs(position))


def views_of(augmentation: Augmentation) -> Views:
    """The views that a recipe draws from."""
    return Views(augmentation.padding, augmentation.offsets)


def drawn(
    augmentation: Augmentation, count: int, seed: int, epoch: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int32]]:
    """An epoch: the order of the images, and for each place in it the view that is shown.

    It depends on nothing but the arguments.
    """
    rng = np.random.default_rng((seed, epoch))
    order = rng.permutation(count)
    offsets = augmentation.offsets
    shifts = rng.integers(0, offsets, (2, count))
    mirrored = _mirrored(augmentation, order, rng, seed, epoch)
    return order, (shifts[0] + offsets * (shifts[1] + offsets * mirrored)).astype(np.int32)


def _mirrored(
    augmentation: Augmentation, order: npt.NDArray[np.intp], rng: np.random.Generator, seed: int, epoch: int
) -> npt.NDArray[np.intp]:
    match augmentation.mirror:
        case "never":
            return np.zeros(len(order), np.intp)
        case "random":
            return rng.integers(0, 2, len(order))
        case "alternating":
            at_first = np.random.default_rng((seed, _BEFORE_ALL_EPOCHS)).integers(0, 2, len(order))
            return (at_first[order] + epoch) % 2
