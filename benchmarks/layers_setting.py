"""What the tables of layers.py share: the networks, and pibench's own commands, run as a user runs them."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from pibench.errors import EXIT_OK, EXIT_UNTRUSTED

WRN_40_2 = "wide_resnet:depth=40,width=32"
# Seventeen networks of all architectures that there are so far.
NETWORKS = (
    "mobilenet_v1:depth=15,width=32",
    "mobilenet_v1:depth=15,width=32,se=2",
    "mobilenet_v1:depth=9,width=16",
    "mobilenet_v1:depth=15,width=48,kernel=5",
    "mobilenet_v1:depth=21,width=24,skip=true",
    "mobilenet_v1:depth=12,width=64,se=4",
    "mobilenet_v2:depth=9,width=16,expansion=4",
    "mobilenet_v2:depth=9,width=16,expansion=4,se=2",
    "mobilenet_v2:depth=15,width=16,expansion=6",
    "mobilenet_v2:depth=9,width=32,expansion=3",
    "mobilenet_v2:depth=12,width=24,expansion=4,se=4",
    "wide_resnet:depth=22,width=16",
    "wide_resnet:depth=22,width=16,se=2",
    WRN_40_2,
    "wide_resnet:depth=16,width=32",
    "wide_resnet:depth=28,width=24,se=4",
    "wide_resnet:depth=22,width=16,se=2,se_on=shortcut",
)


class Setting(NamedTuple):
    """The options of the run, and a folder for its files."""

    options: argparse.Namespace
    folder: Path


def pibench(*arguments: str) -> str:
    """What the command prints on standard output; doubtful figures count. Its failure ends the benchmark."""
    done = subprocess.run([sys.executable, "-m", "pibench", *arguments], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (EXIT_OK, EXIT_UNTRUSTED):
        raise SystemExit(f"pibench {' '.join(arguments)} ended with {done.returncode}")
    return done.stdout


def pibench_json(*arguments: str) -> Any:
    return json.loads(pibench(*arguments, "--json"))
