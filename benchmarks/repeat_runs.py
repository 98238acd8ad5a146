"""Whole runs of `pibench bench`, as a user would start them."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pibench.errors import EXIT_OK, EXIT_UNTRUSTED
from pibench.report import Report, load

# What is untrusted counts too: how much such figures repeat is the question.
_WITH_ALL_FIGURES = (EXIT_OK, EXIT_UNTRUSTED)


def bench(networks: Sequence[str], *options: str) -> Report:
    """Its report. Raises RuntimeError when a network has no figure."""
    with tempfile.TemporaryDirectory(prefix="pibench-") as folder:
        path = Path(folder, "report.json")
        command = [sys.executable, "-m", "pibench", "bench", *networks, *options, "-o", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode not in _WITH_ALL_FIGURES:
            raise RuntimeError(done.stderr.strip() or f"pibench bench ended with {done.returncode}")
        return load(path)
