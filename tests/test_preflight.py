from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pibench import preflight

COMPLETE = {"version": (3, 11), "modules": {"venv", "ensurepip"}, "has_headers": True, "has_compiler": True}


def test_a_complete_machine_has_no_problems() -> None:
    assert preflight.problems(**COMPLETE) == []


@pytest.mark.parametrize(
    ("missing", "remedy"),
    [
        ({"modules": {"venv"}}, "apt install python3.11-venv"),
        ({"modules": set()}, "apt install python3.11-venv"),
        ({"has_headers": False}, "apt install python3.11-dev"),
        ({"has_compiler": False}, "apt install g++"),
        ({"version": (3, 9)}, "3.10 to 3.13"),
        ({"version": (3, 14)}, "3.10 to 3.13"),
    ],
)
def test_what_is_missing_is_named_with_its_debian_package(missing: dict[str, object], remedy: str) -> None:
    (sentence,) = preflight.problems(**{**COMPLETE, **missing})
    assert remedy in sentence


def test_every_problem_is_told_at_once() -> None:
    assert len(preflight.problems((3, 11), set(), has_headers=False, has_compiler=False)) == 3


def test_it_runs_before_anything_is_installed() -> None:
    script = Path(preflight.__file__)
    finished = subprocess.run([sys.executable, "-I", "-S", script], capture_output=True, text=True, check=False)
    assert (finished.returncode, finished.stderr) == (0, "")
