"""Files of /proc and /sys, read without complaint: what a machine does not tell is None."""

from __future__ import annotations

import re
from pathlib import Path

_NUMBER = re.compile(r"\d+")


def read_text(path: Path) -> str | None:
    """A file's text; None if it is missing, unreadable or empty."""
    try:
        text = path.read_bytes().decode(errors="replace").strip("\0 \n")
    except OSError:
        return None
    return text or None


def read_number(path: Path) -> int | None:
    """A file's whole number; None for anything else."""
    try:
        return int(read_text(path) or "")
    except ValueError:
        return None


def numbered(folder: Path, pattern: str) -> list[Path]:
    """What matches below a folder, policy2 before policy10."""
    return sorted(folder.glob(pattern), key=lambda path: ([int(n) for n in _NUMBER.findall(str(path))], str(path)))
