"""Page faults on demand."""

from __future__ import annotations

import mmap


def touch_pages(number: int) -> None:
    """Fault in so many fresh pages."""
    with mmap.mmap(-1, number * mmap.PAGESIZE) as memory:
        for page in range(number):
            memory[page * mmap.PAGESIZE] = 1
