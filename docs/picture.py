"""Draws a saved report's table as an SVG: `python docs/picture.py reports/X.json docs/bench.svg`."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from rich.console import Console

from pibench.cli.results import show_results
from pibench.report import load


def main(report: str, picture: str) -> None:
    console = Console(record=True, width=112, file=io.StringIO(), force_terminal=True)
    console.print("$ make bench", highlight=False)
    show_results(load(report), console)
    svg = console.export_svg(title="pibench")
    # Rich links its font from the network; every reader has a monospaced one.
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    Path(picture).write_text(svg.replace("Fira Code", "monospace"))


if __name__ == "__main__":
    main(*sys.argv[1:])
