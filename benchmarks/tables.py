"""Tables of figures that a benchmark makes one after the other, and keeps.

A table is a module: ``total(setting)`` says how many steps it takes, ``rows(setting)`` yields the
rows of each, ``show(rows, console)`` prints them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import msgspec

from pibench.cli.console import wide_console
from pibench.cli.progress import Progress
from pibench.device import read_device
from pibench.errors import EXIT_INTERRUPTED

S = TypeVar("S")


def table_options(parser: argparse.ArgumentParser, tables: Mapping[str, ModuleType]) -> None:
    """Options that every such benchmark has."""

    def names(text: str) -> tuple[str, ...]:
        chosen = tuple(text.split(","))
        if unknown := set(chosen) - set(tables):
            raise argparse.ArgumentTypeError(f"there is no table {', '.join(sorted(unknown))}")
        return chosen

    parser.add_argument("--only", type=names, default=tuple(tables), help=f"some of: {','.join(tables)}")
    parser.add_argument("-o", "--output", type=Path, help="keep every row here, as JSON")


class Kept:
    """What was found so far, by table; written anew after every step where a file is asked for."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.found: dict[str, list[Any]] = {}
        self._head = {
            "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "command": sys.argv,
            "device": read_device(),
        }

    def add(self, name: str, rows: list[Any]) -> None:
        self.found.setdefault(name, []).extend(rows)
        if self._path:
            self._path.write_bytes(msgspec.json.encode({**self._head, "tables": self.found}))


def make(
    tables: Mapping[str, ModuleType],
    options: argparse.Namespace,
    prepared: Callable[[argparse.Namespace, Path], S],
) -> int:
    """Make the tables that were chosen and show them; on Ctrl-C, what there is. Returns the exit code."""
    kept, code = Kept(options.output), 0
    with tempfile.TemporaryDirectory(prefix="pibench-") as folder:
        try:
            setting = prepared(options, Path(folder))
            for name in options.only:
                _run(name, tables[name], setting, kept)
        except KeyboardInterrupt:
            code = EXIT_INTERRUPTED
    console = wide_console()
    for name, rows in kept.found.items():
        tables[name].show(rows, console)
    load = read_device().load_average_1m
    console.print(f"load average {load:.1f} at the end" + ("; interrupted" if code else ""))
    return code


def _run(name: str, table: ModuleType, setting: object, kept: Kept) -> None:
    with Progress() as progress:
        for number, rows in enumerate(table.rows(setting)):
            kept.add(name, rows)
            progress.show(name, number + 1, table.total(setting))
