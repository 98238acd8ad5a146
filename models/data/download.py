"""Fetching a data set's archive, with Keras, which checks its digest."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import keras

from pibench.errors import DataError

from .cifar import Layout


def download(layout: Layout, folder: Path) -> Path:
    """The official archive, in this folder. Raises DataError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Keras draws a bar on standard output.
        with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
            path = keras.utils.get_file(
                layout.archive,
                layout.url,
                file_hash=layout.sha256,
                cache_dir=folder.resolve().parent,
                cache_subdir=folder.resolve().name,
            )
        return Path(path)
    except Exception as error:  # Keras raises bare Exception for a failed transfer
        raise DataError(
            f"{layout.name} could not be downloaded to {folder} ({' '.join(str(error).split())}):"
            f" copy {layout.archive} there by other means"
        ) from None
