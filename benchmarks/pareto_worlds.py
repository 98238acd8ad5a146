"""How often a sure word of ``pibench pareto`` is false, in worlds whose truth is known.

    python benchmarks/pareto_worlds.py            # 500 worlds in each way, some seconds

A world has six networks whose latencies lie within 10 % and whose errors within 1 point of each other: three runs of
each, which differ by 0.2 points, and five processes, which differ by 1 %; or, as the standard protocol has it, five
to fifteen until the interval is within ±1 %, at 97.5 %. Runs and processes are all that is by chance in them.
"""

from __future__ import annotations

import argparse
import math
from typing import NamedTuple

import numpy as np
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from pibench.pareto import Error, Latency, Point, placed
from pibench.stats import checked_confidence, mean_interval, next_check, precision
from pibench.stats.intervals import exponential

NETWORKS, RUNS, LEAST, MOST = 6, 3, 5, 15
BETWEEN_RUNS, BETWEEN_PROCESSES = 0.002, 0.01


class Count(NamedTuple):
    """Words that are surely so, and those of them that are false."""

    sure: int
    false: int


def judged(worlds: int, seed: int, *, stopped: bool) -> Count:
    """``stopped``: the interval's width ends the sampling."""
    random = np.random.default_rng(seed)
    sure = false = 0
    for _ in range(worlds):
        ms, errors = random.uniform(1, 1.1, NETWORKS), random.uniform(0.08, 0.09, NETWORKS)
        points = [
            Point(network=str(index), error=_error(errors[index], random), latency=_latency(ms[index], random, stopped))
            for index in range(NETWORKS)
        ]
        for index, one in enumerate(placed(points)):
            is_dominated = bool(np.any((ms < ms[index]) & (errors < errors[index])))
            sure += one.standing != "perhaps"
            false += one.standing == ("front" if is_dominated else "dominated")
    return Count(sure, false)


def _error(true: float, random: np.random.Generator) -> Error:
    runs = true + BETWEEN_RUNS * random.standard_normal(RUNS)
    return Error(mean=float(runs.mean()), sd=float(runs.std(ddof=1)), runs=RUNS, images=10_000)


def _latency(true_ms: float, random: np.random.Generator, stopped: bool) -> Latency:
    logs = math.log(true_ms * 1e6) + BETWEEN_PROCESSES * random.standard_normal(MOST)
    count, confidence = LEAST, 0.95
    while stopped and count < MOST:
        if precision(exponential(mean_interval(logs[:count], checked_confidence())), 0.01) == "precise":
            confidence = checked_confidence()
            break
        count = min(MOST, next_check(count))
    ns, low_ns, high_ns = exponential(mean_interval(logs[:count], confidence))
    return Latency(
        ns=ns, low_ns=low_ns, high_ns=high_ns, processes=count, confidence=confidence, report="one", subject=""
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=500)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    table = Table("latencies", "sure words", "false", "share", box=SIMPLE)
    for name, stopped in (("five processes", False), ("five to fifteen, until ±1 %", True)):
        found = judged(options.worlds, options.seed, stopped=stopped)
        table.add_row(name, f"{found.sure:,} of {NETWORKS * options.worlds:,}", str(found.false), _share(found))
    Console().print(table)


def _share(found: Count) -> str:
    return f"{found.false / found.sure:.1%}" if found.sure else "–"


if __name__ == "__main__":
    main()
