from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace
from sample_report import sample_report

from pibench.errors import ExportError
from pibench.exports.pytest_benchmark import pytest_benchmark_json


def test_kept_samples_are_rounds_in_seconds() -> None:
    document = json.loads(pytest_benchmark_json(sample_report()))
    (benchmark,) = document["benchmarks"]
    assert benchmark["stats"]["data"] == [200e-9, 205e-9]
    assert benchmark["stats"]["rounds"] == 2
    assert benchmark["stats"]["median"] == pytest.approx(statistics.median([200e-9, 205e-9]))


def test_the_verdict_and_the_interval_are_beside_them() -> None:
    (benchmark,) = json.loads(pytest_benchmark_json(sample_report()))["benchmarks"]
    extra = benchmark["extra_info"]
    assert (extra["verdict"], extra["latency_ns"], extra["low_ns"]) == ("untrusted", 200.0, 195.0)
    assert [doubt["kind"] for doubt in extra["doubts"]] == ["throttled", "one_process"]
    assert extra["temperature_c"] == 48.3


def test_pytest_benchmark_compares_two_of_them(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_bytes(pytest_benchmark_json(sample_report()))
    done = subprocess.run(
        [sys.executable, "-m", "pytest_benchmark", "compare", str(tmp_path / "a.json"), str(tmp_path / "b.json")],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("mobilenet_v1:depth=3") == 2


def test_a_report_without_figures_has_no_benchmarks_to_give() -> None:
    failed = sample_report().results[1]
    with pytest.raises(ExportError, match="the report has no figure"):
        pytest_benchmark_json(replace(sample_report(), results=(failed,)))


def test_without_pytest_benchmark_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pytest_benchmark", None)
    with pytest.raises(ExportError, match=r"pip install 'pibench\[pytest\]'"):
        pytest_benchmark_json(sample_report())


def test_a_report_is_exported_where_pytest_is_not_installed() -> None:
    code = (
        "import sys; sys.modules.update(pytest=None, _pytest=None, pytest_benchmark=None);"
        "import pibench.exports, pibench.cli.report; pibench.exports.EXPORTS"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
