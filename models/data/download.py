"""Fetching a data set's archive, with Keras, which checks its digest."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

import keras

from pibench.errors import DataError

from .cifar import Layout


def download(layout: Layout, folder: Path) -> None:
    """The official archive into this folder, over one of its name. Raises DataError; then nothing is replaced."""
    folder = folder.resolve()  # Keras takes ~ for the home
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):  # Keras would fetch it into some other folder
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        # Keras draws a bar on standard output.
        with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
            # Under another name until it is whole: a kill leaves no half archive, a failure takes nothing away.
            fetched = keras.utils.get_file(
                f"{layout.archive}.part", layout.url, file_hash=layout.sha256, cache_dir=folder, cache_subdir=""
            )
        Path(fetched).replace(folder / layout.archive)
    except Exception as error:  # Keras raises bare Exception for a failed transfer
        raise DataError(
            f"{layout.name} could not be downloaded to {folder} ({' '.join(str(error).split())}):"
            f" copy {layout.archive} there by other means, or give --data another folder"
        ) from None
