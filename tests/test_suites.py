"""The suites in benchmarks/, run as their users run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pibench.engine import KERNEL_MODES, installed_runtimes
from pibench.forms import forms
from pibench.models.architectures import architectures

ROOT = Path(__file__).parents[1]


def pytest_in_clone(*arguments: str) -> str:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def collected() -> set[str]:
    return {line for line in pytest_in_clone("benchmarks", "--collect-only").splitlines() if "::" in line}


def test_every_form_has_its_row_and_some_a_gate(collected: set[str]) -> None:
    assert {f"test_ops.py::test_form[{name}]" for name in forms()} <= collected
    assert "test_ops.py::test_form[depthwise_separable+se]" in collected


def test_every_registered_architecture_has_its_rows(collected: set[str]) -> None:
    for name, architecture in architectures().items():
        variants = [f"{name}:se=0", f"{name}:se=2"] if "se" in architecture.defaults else [name]
        assert {f"test_networks.py::test_network[{variant}]" for variant in variants} <= collected


def test_every_kind_of_condition_has_its_row(collected: set[str]) -> None:
    for info in installed_runtimes():
        assert {f"test_conditions.py::test_kernels[{mode}-{info.name}]" for mode in KERNEL_MODES} <= collected
    threads = {1, len(os.sched_getaffinity(0))}
    assert {f"test_conditions.py::test_threads[{count}]" for count in threads} <= collected


def test_without_any_option_a_suite_measures(tmp_path: Path) -> None:
    path = tmp_path / "latency.json"
    pytest_in_clone("benchmarks", "--pibench-quick", f"--benchmark-json={path}", "-k", "test_form and (add or dense)")
    found = json.loads(path.read_text())["benchmarks"]
    assert {one["param"] for one in found} == {"add", "dense"}
    for one in found:
        assert one["stats"]["rounds"] >= 10
        assert 0 < one["extra_info"]["low_ns"] <= one["extra_info"]["latency_ns"] <= one["extra_info"]["high_ns"]
        assert one["extra_info"]["subject"].startswith(one["param"])


@pytest.mark.slow
def test_every_row_of_every_suite_runs() -> None:
    assert "passed" in pytest_in_clone("benchmarks", "--benchmark-disable")
