"""Text in Markdown that shows as it is: no character of a name ends its cell, begins markup or moves the cursor."""

from __future__ import annotations

from collections.abc import Sequence

from pibench.subject import printable

_MARKS = r"\`*_<>[]|~#"


def text(value: str) -> str:
    """As text."""
    return "".join(f"\\{character}" if character in _MARKS else character for character in printable(value))


def code(value: str) -> str:
    """As code, that no character of a name can leave."""
    fence, room = ("``", " ") if "`" in value else ("`", "")
    return f"{fence}{room}{printable(value)}{room}{fence}".replace("|", "\\|")


def line(cells: Sequence[str]) -> str:
    """A line of a table, of cells that are ``text`` or ``code`` already."""
    return f"| {' | '.join(cells)} |"
