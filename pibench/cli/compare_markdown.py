"""A comparison as Markdown, for a pull request. Pure."""

from __future__ import annotations

import shlex

from pibench.cli.compare_results import (
    conditions_of,
    figures,
    interval_title,
    mean_line,
    notes,
    sentence,
    sides,
    verdict_of,
)
from pibench.compare import Comparison

_SYMBOLS = {"slower": "🔴", "faster": "🟢", "same": "⚪", "undecided": "🟡", "untrusted": "⚠️"}


def markdown(found: Comparison) -> str:
    """The sum of it, a table with a symbol for each verdict, and how it was measured to unfold."""
    conditions = conditions_of(found)
    names = ["", "subject", *(["condition"] if any(conditions) else []), "base ms", "new ms", "×"]
    names += [interval_title(found), "verdict"]
    lines = [f"**pibench compare**: {sentence(found)}", "", _line(names), _line(["---"] * len(names))]
    for row, condition in zip(found.rows, conditions, strict=True):
        shown = [_SYMBOLS[row.verdict], _code(row.name), *([condition] if any(conditions) else [])]
        lines.append(_line([*shown, *figures(row), _text(verdict_of(row))]))
    lines += ["", *(line[0].upper() + line[1:] + "." for line in mean_line(found))]
    return "\n".join([*lines, *_details(found)])


def _details(found: Comparison) -> list[str]:
    told = [*sides(found), *notes(found)]
    commands = [
        f"{name}: {_code(shlex.join(side.command))}" for name, side in (("BASE", found.base), ("NEW", found.new))
    ]
    return [
        "",
        "<details><summary>How it was measured</summary>",
        "",
        *(f"- {_text(line.strip())}" for line in told),
        *(f"- {command}" for command in commands),
        "",
        "</details>",
    ]


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _code(text: str) -> str:
    """As code, that no character of a name can leave."""
    fence = "``" if "`" in text else "`"
    room = " " if "`" in text else ""
    return f"{fence}{room}{text}{room}{fence}".replace("|", "\\|")


def _text(text: str) -> str:
    return "".join(f"\\{character}" if character in r"\`*_<>|[]" else character for character in text)
