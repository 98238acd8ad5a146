"""The timed loop stays small: a count of instructions, which no other process disturbs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "benchmarks" / "instructions.py"
MOST_INSTRUCTIONS = 150


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed")
def test_the_timed_loop_takes_few_instructions_per_sample() -> None:
    done = subprocess.run([sys.executable, SCRIPT, "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout)
    assert "nothing" in counts
    # Not even two calls of the clock would be a sign that the count looks at the wrong place.
    assert all(10 < count <= MOST_INSTRUCTIONS for count in counts.values()), counts
