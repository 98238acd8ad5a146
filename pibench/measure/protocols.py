"""The protocols that ``--protocol`` names, and what the command line may change about one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from pibench.report.model import Protocol, ProtocolName

PROTOCOLS: Mapping[ProtocolName, Protocol] = {
    "quick": Protocol(name="quick", processes=3, most_processes=3, seconds=0.3, precision=0.05, pause_s=0),
    "standard": Protocol(),
    "thorough": Protocol(
        name="thorough", processes=10, most_processes=40, instances=2, seconds=24, precision=0.005, pause_s=1
    ),
    # The thesis' own: TensorFlow 1.13's benchmark tool with its defaults (0.5 s of warm-up, at least 50
    # runs and 1 s, the mean), three passes over all files in random order, 10 s of sleep before each.
    "thesis": Protocol(
        name="thesis",
        processes=3,
        most_processes=3,
        interleaved=False,
        seconds=3,
        statistic="mean",
        warm_up_s=0.5,
        warm_up_limit_s=0,
        min_samples=50,
        max_samples=1_000_000,
        cool_down_limit_s=0,
        pause_s=10,
    ),
}

# Of the thousands of models of a latency table: short, since an interpolation over all of them is what
# counts, and never stopped early, since each process compares layers with the fixed time.
LAYERS = Protocol(
    name="layers",
    processes=5,
    most_processes=5,
    seconds=0.05,
    precision=0,
    warm_up_s=0.002,
    warm_up_limit_s=0,
    min_samples=9,
    max_samples=200,
)


def chosen(name: ProtocolName, *, processes: int | None = None, **changes: Any) -> Protocol:
    """The protocol of that name, with what ``changes`` has instead of its own where it is not None.

    ``processes``: exactly so many.
    """
    counts = {} if processes is None else {"processes": processes, "most_processes": processes}
    asked = {key: value for key, value in changes.items() if value is not None}
    return replace(PROTOCOLS[name], **counts, **asked)
