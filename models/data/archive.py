"""Files out of a gzipped tar archive, none unless all of it is as it was packed."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Container
from pathlib import Path

from pibench.errors import DataError

CHUNK_BYTES = 1 << 20


def unpacked(archive: Path, names: Container[str]) -> dict[str, bytes]:
    """Its files of these names, in whatever folder. Raises DataError for an archive that was cut or damaged."""
    files = {}
    try:
        with gzip.open(archive) as packed:
            with tarfile.open(fileobj=packed, mode="r|") as members:
                for member in members:
                    name = Path(member.name).name
                    content = members.extractfile(member) if name in names and member.isfile() else None
                    if content is not None:
                        files[name] = content.read()
            # gzip tells that the checksum does not match to those alone who read to the end, which tar does not.
            while packed.read(CHUNK_BYTES):
                pass
    except (EOFError, tarfile.TarError, zlib.error, OSError) as error:
        raise DataError(f"{archive} is damaged or no archive ({error}): copy or download it again") from None
    return files


def is_whole(archive: Path) -> bool:
    """Whether it is as it was packed."""
    try:
        unpacked(archive, ())
    except DataError:
        return False
    return True
