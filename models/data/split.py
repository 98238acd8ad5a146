"""Parts of a data set in which the classes have the shares that they have in the whole."""

from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt

from pibench.errors import DataError

from .images import Images

# The parts are the same in every run, whatever its seed: runs and networks differ in nothing else.
# (The thesis split with this number too, though with another generator.)
SPLIT_SEED = 17


def split(images: Images, share: float, seed: int = SPLIT_SEED) -> tuple[Images, Images]:
    """What stays for training, and a share of the images for validation. Raises DataError."""
    if not share:
        return images, images.chosen(np.arange(0))
    held_out = stratified(images.labels, round(share * len(images)), seed, "raise --validation")
    train = images.chosen(np.setdiff1d(np.arange(len(images)), held_out))
    classes = len(np.unique(images.labels))
    if len(np.unique(train.labels)) < classes:
        raise DataError(
            f"{len(train)} of {len(images)} images are too few to learn {classes} classes from: lower --validation"
        )
    return train, images.chosen(held_out)


def subset(images: Images, count: int, seed: int = SPLIT_SEED) -> Images:
    """So many of the images. Raises DataError."""
    if count > len(images):
        raise DataError(f"there are {len(images)} images to train on: give --limit no more")
    return images.chosen(stratified(images.labels, count, seed, "raise --limit"))


def fewest(classes: int, share: float) -> int:
    """The least number of images, as many of each class, that ``subset`` and then ``split`` can take."""
    if not share:
        return classes
    # Below, the smaller part has too few however it is rounded.
    start = max(classes, math.floor((classes - 0.5) / min(share, 1 - share)) - 1)
    return next(n for n in itertools.count(start) if round(share * n) >= classes and n - round(share * n) >= classes)


def stratified(labels: npt.NDArray[np.int32], count: int, seed: int, remedy: str) -> npt.NDArray[np.intp]:
    """Indices, in order, of ``count`` images, each class with its share to the nearest image.

    ``remedy``: what to do where that leaves a class without one. Raises DataError.
    """
    rng = np.random.default_rng(seed)
    classes, sizes = np.unique(labels, return_counts=True)
    quotas = _quotas(sizes, count)
    if not quotas.all():
        raise DataError(
            f"{count} of {len(labels)} images are too few for one of each of {len(classes)} classes: {remedy}"
        )
    parts = [
        rng.permutation(np.flatnonzero(labels == label))[:quota] for label, quota in zip(classes, quotas, strict=True)
    ]
    return np.sort(np.concatenate(parts))


def _quotas(sizes: npt.NDArray[np.intp], count: int) -> npt.NDArray[np.intp]:
    """Shares by largest remainder, so that they add up."""
    exact = sizes * count / sizes.sum()
    quotas = np.floor(exact).astype(np.intp)
    most = np.argsort(quotas - exact, kind="stable")[: count - quotas.sum()]
    quotas[most] += 1
    return quotas
