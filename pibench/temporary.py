"""Files that workers read and nobody keeps."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pibench.document import NO_ROOM
from pibench.errors import TemporaryFilesError


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that is gone afterwards. Raises TemporaryFilesError where the disk is full, then or within."""
    try:
        with tempfile.TemporaryDirectory(prefix="pibench-") as folder:
            yield Path(folder)
    except OSError as error:
        # Where no folder had room for a byte, Python found none that it could use.
        if error.errno not in NO_ROOM and tempfile.tempdir is not None:
            raise
        raise TemporaryFilesError(
            f"there is no room for temporary files in {tempfile.tempdir or 'any of the usual folders'}: make some,"
            " or name a folder on another disk with TMPDIR"
        ) from None
