"""How long pibench takes to start: over fresh processes, interleaved in random order.

python benchmarks/startup.py [--rounds N]
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pibench.stats import Interval, median_interval

BARE = (sys.executable, "-c", "pass")
IMPORT = (sys.executable, "-c", "import pibench")
HELP = (str(Path(sys.executable).parent / "pibench"), "--help")
IMPORT_TARGET_S = 0.15
HELP_TARGET_S = 0.5

Command = tuple[str, ...]
Times = dict[Command, list[float]]


def process_time_s(command: Command) -> float:
    """Wall time of one process, from its start to its end."""
    begin = time.perf_counter()
    # Elsewhere than in a clone: a package must be found as an installed one.
    subprocess.run(command, cwd=tempfile.gettempdir(), stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begin


def take(rounds: int, seed: int) -> Times:
    """Times in s by command; the first round, which fills the disk cache, is left out."""
    rng = random.Random(seed)
    times: Times = {BARE: [], IMPORT: [], HELP: []}
    for _ in range(rounds + 1):
        for command in rng.sample(list(times), len(times)):
            times[command].append(process_time_s(command))
    return {command: values[1:] for command, values in times.items()}


def show(times: Times) -> None:
    table = Table("start-up", "median (s)", "95 % interval", "wanted (s)", title=f"{len(times[BARE])} processes each")
    added = [pibench - bare for pibench, bare in zip(times[IMPORT], times[BARE], strict=True)]
    table.add_row("python -c pass", *_cells(median_interval(times[BARE])), "–")
    table.add_row("import pibench, beside it", *_cells(median_interval(added)), f"≤ {IMPORT_TARGET_S}")
    table.add_row("pibench --help", *_cells(median_interval(times[HELP])), f"≤ {HELP_TARGET_S}")
    Console().print(table)


def _cells(interval: Interval) -> tuple[str, str]:
    return f"{interval.estimate:.4f}", f"{interval.low:.4f} – {interval.high:.4f}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Time how long pibench takes to start.")
    parser.add_argument("--rounds", type=int, default=40, help="processes of each kind (40)")
    parser.add_argument("--seed", type=int, default=0, help="of the order (0)")
    arguments = parser.parse_args()
    show(take(arguments.rounds, arguments.seed))


if __name__ == "__main__":
    main()
