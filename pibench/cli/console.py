"""Where tables are printed."""

from __future__ import annotations

import os

from rich.console import Console

# Of a file or pipe, whose reader can scroll; rich would take 80 columns and cut.
WIDTH_WITHOUT_TERMINAL = 160


def wide_console() -> Console:
    """Standard output, in the terminal's width or, without one, a generous one."""
    console = Console()
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = WIDTH_WITHOUT_TERMINAL
    return console
