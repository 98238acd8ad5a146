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
from pibench.words.markup import code, line, text

_SYMBOLS = {"slower": "🔴", "faster": "🟢", "same": "⚪", "undecided": "🟡", "untrusted": "⚠️"}


def markdown(found: Comparison) -> str:
    """The sum of it, a table with a symbol for each verdict, and how it was measured to unfold."""
    conditions = conditions_of(found)
    names = ["", "subject", *(["condition"] if any(conditions) else []), "base ms", "new ms", "×"]
    names += [interval_title(found), "verdict"]
    lines = [f"**pibench compare**: {sentence(found)}", "", line(names), line(["---"] * len(names))]
    for row, condition in zip(found.rows, conditions, strict=True):
        shown = [_SYMBOLS[row.verdict], code(row.name), *([condition] if any(conditions) else [])]
        lines.append(line([*shown, *figures(row), text(verdict_of(row))]))
    lines += ["", *(said[0].upper() + said[1:] + "." for said in mean_line(found))]
    return "\n".join([*lines, *_details(found)])


def _details(found: Comparison) -> list[str]:
    commands = [
        f"{name}: {code(shlex.join(side.command))}" for name, side in (("BASE", found.base), ("NEW", found.new))
    ]
    return [
        "",
        "<details><summary>How it was measured</summary>",
        "",
        *(f"- {text(told.strip())}" for told in [*sides(found), *notes(found)]),
        *(f"- {command}" for command in commands),
        "",
        "</details>",
    ]
