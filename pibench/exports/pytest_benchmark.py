"""A report as the JSON that pytest-benchmark saves, which ``pytest-benchmark compare`` reads."""

from __future__ import annotations

from typing import Any

import msgspec

from pibench.errors import ExportError
from pibench.measure.facts import figure_facts, hottest_c
from pibench.measure.summary import kept_ns
from pibench.report import Report, Result


def pytest_benchmark_json(report: Report) -> bytes:
    """Every result with a figure as a benchmark, its kept samples as rounds, in seconds.

    Raises ExportError without pytest-benchmark, whose own statistics these are, or without a figure.
    """
    try:
        from pytest_benchmark import __version__
    except ImportError:
        raise ExportError(
            "pytest-benchmark's JSON needs pytest-benchmark: pip install 'pibench[pytest]', or write .csv"
        ) from None
    benchmarks = [
        _benchmark(result, hottest_c(index, report.sessions))
        for index, result in enumerate(report.networks)
        if result.summary
    ]
    if not benchmarks:
        raise ExportError("the report has no figure: there is nothing for pytest-benchmark")
    document = {
        "machine_info": _machine(report),
        "commit_info": {},
        "benchmarks": benchmarks,
        "datetime": report.created,
        "version": __version__,
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=4)


def _benchmark(result: Result, temperature_c: float | None) -> dict[str, Any]:
    return {
        "group": None,
        "name": result.name,
        "fullname": result.name,
        "params": None,
        "param": None,
        "extra_info": figure_facts(result, temperature_c),
        "options": {"timer": "pibench", "disable_gc": False, "warmup": True},
        "stats": _stats(result),
    }


def _stats(result: Result) -> dict[str, Any]:
    from pytest_benchmark.stats import Stats

    stats = Stats()
    for measurement in result.measurements:
        for latency_ns in kept_ns(measurement):
            stats.update(float(latency_ns) / 1e9)
    return {**stats.as_dict(), "data": stats.data, "iterations": 1}


def _machine(report: Report) -> dict[str, Any]:
    """With the names that pytest-benchmark gives to what it finds itself."""
    device = report.device
    return {
        "node": device.name,
        "machine": device.architecture,
        "processor": device.cpu_model or "",
        "release": device.kernel,
        "system": "Linux",
        "python_version": device.python,
        "cpu": {"brand_raw": device.cpu_model or "", "count": device.cores},
    }
