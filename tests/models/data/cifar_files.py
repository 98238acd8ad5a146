"""Folders and archives that are laid out as CIFAR's, with few images."""

from __future__ import annotations

import io
import pickle
import tarfile
from pathlib import Path
from typing import Any

import numpy as np

from pibench.models.data.cifar import CIFAR10, CIFAR100, Layout

SMALL10 = CIFAR10._replace(train_images=100, test_images=20)
SMALL100 = CIFAR100._replace(train_images=200, test_images=100)


def batch(layout: Layout, count: int, seed: int = 0) -> dict[Any, Any]:
    rng = np.random.default_rng(seed)
    return {
        b"data": rng.integers(0, 256, (count, 3072), np.uint8),
        layout.labels.encode(): [index % layout.classes for index in range(count)],
    }


def files(layout: Layout) -> dict[str, bytes]:
    found = {}
    for names, total in ((layout.train, layout.train_images), (layout.test, layout.test_images)):
        for index, name in enumerate(names):
            found[name] = pickle.dumps(batch(layout, total // len(names), index), protocol=2)
    return found


def write_folder(place: Path, layout: Layout, changed: dict[str, bytes] | None = None) -> Path:
    folder = place / layout.folder
    folder.mkdir(parents=True)
    for name, data in {**files(layout), **(changed or {})}.items():
        (folder / name).write_bytes(data)
    return folder


def write_archive(place: Path, layout: Layout) -> Path:
    path = place / layout.archive
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files(layout).items():
            member = tarfile.TarInfo(f"{layout.folder}/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path
