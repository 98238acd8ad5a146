"""CIFAR-10 and CIFAR-100 (Krizhevsky 2009) from their official archive, or as it unpacks."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pibench.errors import DataError

from .archive import unpacked
from .images import Dataset, Images, Normalisation, Origin, digest_of
from .pickled import unpickled

IMAGE = (32, 32, 3)


class Layout(NamedTuple):
    """How a data set is published: files with the MD5 of the official ones, images in each file."""

    name: str
    folder: str
    archive: str
    url: str
    sha256: str
    classes: int
    normalisation: Normalisation
    labels: str
    train: Mapping[str, str]
    train_images: int
    test: Mapping[str, str]
    test_images: int


CIFAR10 = Layout(
    name="CIFAR-10",
    folder="cifar-10-batches-py",
    archive="cifar-10-python.tar.gz",
    url="https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
    sha256="6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
    classes=10,
    # As Zagoruyko & Komodakis (Wide Residual Networks, 2016) and the thesis round them, here and below.
    normalisation=Normalisation(mean=(125.3, 123.0, 113.9), deviation=(63.0, 62.1, 66.7)),
    labels="labels",
    train={
        "data_batch_1": "c99cafc152244af753f735de768cd75f",
        "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
        "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
        "data_batch_4": "634d18415352ddfa80567beed471001a",
        "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    },
    train_images=50_000,
    test={"test_batch": "40351d587109b95175f43aff81a1287e"},
    test_images=10_000,
)
CIFAR100 = Layout(
    name="CIFAR-100",
    folder="cifar-100-python",
    archive="cifar-100-python.tar.gz",
    url="https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",
    sha256="85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
    classes=100,
    normalisation=Normalisation(mean=(129.3, 124.1, 112.4), deviation=(68.2, 65.4, 70.4)),
    labels="fine_labels",
    train={"train": "16019d7e3df5f24257cddd939b257f8d"},
    train_images=50_000,
    test={"test": "f0ef6b0ae62326f3e7ffdfab6717acfc"},
    test_images=10_000,
)
LAYOUTS = (CIFAR10, CIFAR100)


def read_cifar(place: Path, layout: Layout) -> Dataset:
    """The data set at a place: its folder, its archive, or a folder with either. Raises DataError."""
    files = _files(place, layout)
    train = _images(files, layout, layout.train, layout.train_images)
    test = _images(files, layout, layout.test, layout.test_images)
    official = all(
        hashlib.md5(files[name], usedforsecurity=False).hexdigest() == digest
        for name, digest in {**layout.train, **layout.test}.items()
    )
    origin = Origin(name=layout.name, images="official" if official else "other", digest=digest_of(train, test))
    return Dataset(origin, layout.classes, layout.normalisation, train, test)


def located(place: Path, layout: Layout) -> Path | None:
    """The folder or the archive of this data set at a place, the folder first."""
    first = next(iter(layout.train))
    for folder in (place / layout.folder, place):
        if (folder / first).is_file():
            return folder
    archive = place / layout.archive if place.is_dir() else place
    return archive if archive.is_file() else None


def _files(place: Path, layout: Layout) -> dict[str, bytes]:
    """All batch files by name."""
    found = located(place, layout)
    if found is None:
        raise DataError(
            f"{place} has no {layout.name}: give --data the folder with {layout.folder} or {layout.archive} in it,"
            " or let --download fetch it there"
        )
    names = [*layout.train, *layout.test]
    files = _read(found, names, layout) if found.is_dir() else unpacked(found, names)
    for name in names:
        if name not in files:
            raise DataError(f"{found} lacks {layout.folder}/{name}: download {layout.archive} again")
    return files


def _read(folder: Path, names: list[str], layout: Layout) -> dict[str, bytes]:
    try:
        return {name: (folder / name).read_bytes() for name in names}
    except FileNotFoundError as error:
        raise DataError(f"{error.filename} is missing: unpack {layout.archive} again") from None
    except OSError as error:
        raise DataError(f"{folder} cannot be read ({error}): copy or download it again") from None


def _images(files: Mapping[str, bytes], layout: Layout, names: Mapping[str, str], total: int) -> Images:
    parts = [_batch(files[name], name, layout, total // len(names)) for name in names]
    images = Images(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))
    _check_classes(images.labels, layout, total // layout.classes)
    return images


def _batch(data: bytes, name: str, layout: Layout, count: int) -> Images:
    content = unpickled(data, name)
    pixels, labels = _field(content, "data", name), _field(content, layout.labels, name)
    # Channels first in the file.
    height, width, channels = IMAGE
    if pixels.dtype != np.uint8 or pixels.shape != (count, channels * height * width) or labels.shape != (count,):
        raise DataError(
            f"{name} has {pixels.dtype.name} of shape {pixels.shape} and {labels.size} labels,"
            f" {layout.name} has {count} images of uint8 there: unpack or download it again"
        )
    if not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0 or labels.max() >= layout.classes:
        raise DataError(f"{name} has labels other than 0 to {layout.classes - 1}: it is not {layout.name}")
    images = pixels.reshape(count, channels, height, width).transpose(0, 2, 3, 1)
    return Images(np.ascontiguousarray(images), labels.astype(np.int32))


def _field(content: Mapping[str, Any], key: str, name: str) -> npt.NDArray[Any]:
    if key not in content:
        raise DataError(f"{name} is no batch of images: it has no {key!r}")
    try:
        return np.asarray(content[key])
    except ValueError:  # lists in it differ in length
        raise DataError(f"{name} is damaged ({key!r} is no array): unpack or download it again") from None


def _check_classes(labels: npt.NDArray[np.int32], layout: Layout, each: int) -> None:
    counts = np.bincount(labels, minlength=layout.classes)
    odd = int(np.argmax(counts != each))
    if counts[odd] != each:
        raise DataError(
            f"class {odd} has {counts[odd]} images, each of {layout.name} has {each}: unpack or download it again"
        )
