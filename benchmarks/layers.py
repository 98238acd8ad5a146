"""Layers, latency tables and profiles, held against what they promise: `make bench-layers`.

With -o everything is kept as JSON, also what an interrupted run has got.
"""

from __future__ import annotations

import argparse
import sys
from types import ModuleType

import layers_grid
import layers_models
import layers_networks
import layers_profiles
import layers_table
from layers_setting import Setting
from tables import make, table_options

TABLES: dict[str, ModuleType] = {
    "models": layers_models,
    "table": layers_table,
    "networks": layers_networks,
    "grid": layers_grid,
    "profiles": layers_profiles,
}


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    table_options(parser, TABLES)
    parser.add_argument("--prunings", type=int, default=60, help="of WRN-40-2, drawn at random (60)")
    parser.add_argument("--networks", type=int, default=120, help="of all architectures, drawn at random (120)")
    parser.add_argument("--test-points", type=int, default=120, help="of each curve in grid (120)")
    parser.add_argument("--seed", type=int, default=0, help="of everything drawn (0)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(make(TABLES, parse(), Setting))
