"""How well pibench's figures repeat, beside the usual ways: `make bench-repeat`.

With -o everything is kept as JSON, also what an interrupted run has got.
"""

from __future__ import annotations

import argparse
import sys
from types import ModuleType

import repeat_aa
import repeat_campaign
import repeat_fresh
import repeat_levels
import repeat_power
import repeat_saved
from repeat_setting import prepared
from tables import make, table_options

TABLES: dict[str, ModuleType] = {
    "aa": repeat_aa,
    "power": repeat_power,
    "fresh": repeat_fresh,
    "saved": repeat_saved,
    "campaign": repeat_campaign,
    "levels": repeat_levels,
}


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    table_options(parser, TABLES)
    parser.add_argument("--aa-comparisons", type=int, default=200, help="of identical models (200)")
    parser.add_argument("--power-comparisons", type=int, default=60, help="for each slowdown (60)")
    parser.add_argument("--fresh-runs", type=int, default=30, help="beside the first one (30)")
    parser.add_argument("--saved-runs", type=int, default=12, help="compared with each other (12)")
    parser.add_argument("--campaign-seconds", type=float, default=3.0, help="sampling time per network (3)")
    parser.add_argument("--level-processes", type=int, default=12, help="for each model (12)")
    parser.add_argument("--seconds", type=float, default=1.0, help="sampling time of a comparison in aa (1)")
    parser.add_argument("--seed", type=int, default=0, help="of the orders (0)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(make(TABLES, parse(), prepared))
