"""Small projects for sessions of the plugin, and what comes out of one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeWorker

from pibench.worker.protocol import Load

A, B = "mobilenet_v1:depth=3,width=4", "mobilenet_v1:depth=3,width=6"
PAIR = f"""
import pytest

@pytest.mark.parametrize("subject", ["{A}", "{B}"])
def test_pair(latency, subject):
    assert latency(subject).summary.latency_ns == pytest.approx(1e6)
"""
ONE = f"""
import pytest

@pytest.mark.latency("{A}")
def test_one(latency):
    latency()
"""


def marked(arguments: str) -> str:
    return ONE.replace(f'"{A}"', arguments)


def loads(worker: FakeWorker) -> list[str]:
    return [Path(request.path).name for request in worker.asked if isinstance(request, Load)]


def facts_in(path: Path) -> Mapping[str, Any]:
    return {one["name"]: one for one in json.loads(path.read_text())["benchmarks"]}


def printed(result: pytest.RunResult) -> str:
    return str(result.stdout)
