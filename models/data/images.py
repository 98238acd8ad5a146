"""What a data set is."""

from __future__ import annotations

import hashlib
from typing import Literal, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

# "official": bit for bit what its authors publish, lossless. "other": the right number of images of each class
# in their layout, but not their bytes (re-encoded ones, for instance). "generated": made here, for trying things.
Kind = Literal["official", "other", "generated"]


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


class Dataset(NamedTuple):
    """A data set as its authors divide it."""

    origin: Origin
    classes: int
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
