"""What is stored beside pytest-benchmark's figures: of each test, and of the machine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from pibench.device import read_device
from pibench.engine.runtimes import installed_runtimes
from pibench.report import Result, Session

# What a run's figures depend on, and what only somebody changes: pytest-benchmark warns where it differs.
STABLE = (
    "board",
    "cpu_model",
    "architecture",
    "os",
    "os_bits",
    "kernel",
    "cores",
    "usable_cores",
    "governor",
    "maximum_frequency_khz",
)


def machine_facts() -> dict[str, Any]:
    """The board and its runtimes, but for what changes from run to run."""
    device = read_device(observe_s=0)
    facts: dict[str, Any] = {name: getattr(device, name) for name in STABLE}
    facts["runtimes"] = {info.name: info.version for info in installed_runtimes()}
    return facts


def figure_facts(result: Result, temperature_c: float | None) -> dict[str, Any]:
    """For a benchmark's ``extra_info``: JSON and nothing else.

    ``process_latencies_ns``, of which the figure is the geometric mean, is what a later run is held against.
    """
    from pibench.measure.summary import nested_ns, process_latencies_ns  # numpy, which few sessions need

    subject, summary = result.subject, result.summary
    assert summary is not None
    return {
        "subject": subject.name,
        "digest": subject.digest,
        "macs": subject.macs,
        **msgspec.to_builtins(result.condition),
        "verdict": result.verdict,
        "doubts": msgspec.to_builtins(result.doubts),
        "latency_ns": summary.latency_ns,
        "low_ns": summary.low_ns,
        "high_ns": summary.high_ns,
        "process_latencies_ns": [*map(float, process_latencies_ns(nested_ns(result.measurements)))],
        "processes": summary.processes,
        "samples": summary.samples,
        "temperature_c": temperature_c,
    }


def hottest_c(index: int, sessions: Iterable[Session]) -> float | None:
    """The board beside the sessions that sampled the result of this index; None without a sensor."""
    readings = [
        value
        for session in sessions
        if any(index in order for order in session.rounds)
        for channel in session.trace.channels
        if channel.quantity == "temperature_c"
        for value in channel.values
        if value is not None
    ]
    return max(readings, default=None)
