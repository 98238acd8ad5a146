"""The processor's caches, as the kernel tells of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pibench.device.cpus import parse_cpus
from pibench.device.files import numbered, read_number, read_text
from pibench.errors import PibenchError

_SIZE = re.compile(r"(\d{1,12})([KMG]?)")
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


class Cache(NamedTuple):
    """A cache that holds data, and the cores that share it."""

    level: int
    size_bytes: int
    cpus: tuple[int, ...]


def read_caches(root: Path = Path("/")) -> tuple[Cache, ...]:
    """Every data or unified cache once, by level; none where the kernel does not tell, as on many an Arm board."""
    folders = numbered(root / "sys/devices/system/cpu", "cpu[0-9]*/cache/index[0-9]*")
    return tuple(sorted({cache for folder in folders for cache in _read(folder)}))


def _read(folder: Path) -> Iterator[Cache]:
    level, size = read_number(folder / "level"), _SIZE.fullmatch(read_text(folder / "size") or "")
    if not level or not size or not int(size[1]) or read_text(folder / "type") not in ("Data", "Unified"):
        return
    try:
        cpus = parse_cpus(read_text(folder / "shared_cpu_list") or "")
    except PibenchError:
        return
    if cpus:
        yield Cache(level, int(size[1]) * _UNITS[size[2]], cpus)
