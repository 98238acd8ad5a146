"""What a data set is."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

# "official": bit for bit what its authors publish, lossless. "other": the right number of images of each class
# in their layout, but not their bytes (re-encoded ones, for instance). "generated": made here, for trying things.
Kind = Literal["official", "other", "generated"]

Colours = tuple[float, float, float]
Deviation = Annotated[float, msgspec.Meta(gt=0)]
A = TypeVar("A", bound=Any)


class Images(NamedTuple):
    """Pixels as n×height×width×3 from 0 to 255, and the number of each image's class."""

    pixels: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.labels)

    def chosen(self, indices: npt.NDArray[np.intp]) -> Images:
        return Images(self.pixels[indices], self.labels[indices])


class Origin(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which images these are; ``digest`` is the SHA-256 of all pixels and labels, training images first."""

    name: str
    images: Kind
    digest: str


class Normalisation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a network takes instead of red, green and blue of 0 to 255: ``(colour - mean) / deviation``.

    Over the training images these have zero mean and unit variance, but for rounding.
    """

    mean: Colours
    deviation: tuple[Deviation, Deviation, Deviation]

    def of(self, pixels: A) -> A:
        """Of float32 pixels, colours last, in NumPy or any Keras backend."""
        return (pixels - np.array(self.mean, np.float32)) / np.array(self.deviation, np.float32)

    def __str__(self) -> str:
        means, deviations = (", ".join(f"{value:g}" for value in values) for values in (self.mean, self.deviation))
        return f"red, green and blue of 0 to 255, less {means}, divided by {deviations}"


class Dataset(NamedTuple):
    """A data set as its authors divide it."""

    origin: Origin
    classes: int
    normalisation: Normalisation
    train: Images
    test: Images

    @property
    def image_shape(self) -> tuple[int, ...]:
        return self.train.pixels.shape[1:]


def digest_of(*parts: Images) -> str:
    """A digest of images that does not depend on the files they came in."""
    digest = hashlib.sha256()
    for images in parts:
        digest.update(np.ascontiguousarray(images.pixels))
        digest.update(np.ascontiguousarray(images.labels, "<i4"))
    return digest.hexdigest()
