"""How well pibench's figures repeat, beside the usual ways: `make bench-repeat`.

Each table is a module that says how many steps it takes, yields the rows of each, and shows
them. With -o everything is kept as JSON, also what an interrupted run has got.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import repeat_aa
import repeat_campaign
import repeat_fresh
import repeat_levels
import repeat_power
from repeat_setting import Setting, prepared

from pibench.cli.console import wide_console
from pibench.cli.progress import Progress
from pibench.device import read_device
from pibench.errors import EXIT_INTERRUPTED

TABLES: dict[str, ModuleType] = {
    "aa": repeat_aa,
    "power": repeat_power,
    "fresh": repeat_fresh,
    "campaign": repeat_campaign,
    "levels": repeat_levels,
}


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", type=_tables, default=tuple(TABLES), help=f"some of: {','.join(TABLES)}")
    parser.add_argument("--aa-comparisons", type=int, default=200, help="of identical models (200)")
    parser.add_argument("--power-comparisons", type=int, default=60, help="for each slowdown (60)")
    parser.add_argument("--fresh-runs", type=int, default=30, help="beside the first one (30)")
    parser.add_argument("--campaign-seconds", type=float, default=3.0, help="sampling time per network (3)")
    parser.add_argument("--level-processes", type=int, default=12, help="for each model (12)")
    parser.add_argument("--seconds", type=float, default=1.0, help="sampling time of a comparison in aa (1)")
    parser.add_argument("--seed", type=int, default=0, help="of the orders (0)")
    parser.add_argument("-o", "--output", type=Path, help="keep every row here, as JSON")
    return parser.parse_args()


def _tables(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if unknown := set(names) - set(TABLES):
        raise argparse.ArgumentTypeError(f"there is no table {', '.join(sorted(unknown))}")
    return names


class Kept:
    """What was found so far, by table; written anew after every step where a file is asked for."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._path: Path | None = options.output
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


def run(setting: Setting, kept: Kept) -> None:
    for name in setting.options.only:
        table = TABLES[name]
        with Progress() as progress:
            for number, rows in enumerate(table.rows(setting)):
                kept.add(name, rows)
                progress.show(name, number + 1, table.total(setting))


def main() -> int:
    options = parse()
    kept, code = Kept(options), 0
    with tempfile.TemporaryDirectory(prefix="pibench-") as folder:
        try:
            run(prepared(options, Path(folder)), kept)
        except KeyboardInterrupt:
            code = EXIT_INTERRUPTED
    console = wide_console()
    for name, rows in kept.found.items():
        TABLES[name].show(rows, console)
    load = read_device().load_average_1m
    console.print(f"load average {load:.1f} at the end" + ("; interrupted" if code else ""))
    return code


if __name__ == "__main__":
    sys.exit(main())
