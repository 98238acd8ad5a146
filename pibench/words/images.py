"""Which images a network learnt and was tried on, as people read it."""

from __future__ import annotations

from collections.abc import Mapping

_KINDS: Mapping[str, str] = {
    "official": " (the official images)",
    "other": " (not the official images, or not bit for bit)",
    "generated": "",
}


def images_text(data_set: str, kind: str) -> str:
    """The data set, and whether these are its authors' images."""
    return f"{data_set}{_KINDS[kind]}"
