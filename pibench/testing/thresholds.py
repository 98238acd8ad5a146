"""What a test's figure is held against: a limit of its own, and the run that pytest-benchmark compares with."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from pibench.compare import RUN_SD
from pibench.measure.summary import nested_ns, process_latencies_ns
from pibench.report import Condition, Result, Summary
from pibench.stats import Interval, unpaired_ratio, verdict


class Judged(NamedTuple):
    """Sentences: why the test fails, and what else a reader should know, such as what could not be decided."""

    failures: list[str]
    cautions: list[str]


def against_limit(result: Result, limit_ms: float) -> Judged:
    """Beyond it is a figure whose interval lies wholly beyond."""
    summary = _summary(result)
    if summary.high_ns <= limit_ms * 1e6:
        return Judged([], [])
    takes = f"{result.name} takes {_milliseconds(summary)}"
    if summary.low_ns > limit_ms * 1e6:
        return Judged([f"{takes}, beyond the limit of {limit_ms:g} ms"], [])
    return Judged([], [f"{takes}: its interval straddles the limit of {limit_ms:g} ms"])


def against_run(result: Result, compared: Mapping[str, Any], when: str, fail_above: float) -> Judged:
    """``compared``: the ``extra_info`` of the same test in another run, of which ``when`` tells.

    As ``pibench compare`` judges a row of two saved reports: by what processes differ by, and whole runs beyond
    that; not where a side is untrusted. (Of the fixed reference ``extra_info`` does not tell.)
    """
    before_ns = _process_latencies_ns(compared)
    if not before_ns:
        return Judged([], [f"the run of {when} has no figure of pibench for this test"])
    if _condition_in(compared) != _told(result.condition):
        return Judged([], [f"the run of {when} measured this test under another condition"])
    other = [f"the run of {when} measured another model"] if _is_other_model(compared, result) else []
    ratio = unpaired_ratio(before_ns, process_latencies_ns(nested_ns(result.measurements)), run_sd=RUN_SD)
    told = f"{result.name} takes {_milliseconds(_summary(result))}, {_times(ratio)} as in the run of {when}"
    if doubt := _doubt(ratio, compared, result):
        return Judged([], [*other, f"{told}: {doubt}"])
    if verdict(ratio, fail_above) == "slower":
        return Judged([f"{told}: slower by more than {100 * fail_above:g} %"], other)
    if ratio.high > 1 + fail_above:
        return Judged([], [*other, f"{told}: its interval straddles the threshold of {100 * fail_above:g} %"])
    return Judged([], other)


def _doubt(ratio: Interval, compared: Mapping[str, Any], result: Result) -> str:
    """Why nothing follows from the ratio."""
    if compared.get("verdict") == "untrusted":
        return "that run's figure is untrusted"
    if result.verdict == "untrusted":
        return "this run's figure is untrusted"
    return "one process shows no spread, so that nothing is decided" if math.isnan(ratio.low) else ""


def _times(ratio: Interval) -> str:
    interval = "" if math.isnan(ratio.low) else f" (95 %: {ratio.low:.4g} to {ratio.high:.4g})"
    return f"{ratio.estimate:.4g}{interval} times as long"


def _summary(result: Result) -> Summary:
    assert result.summary is not None
    return result.summary


def _milliseconds(summary: Summary) -> str:
    center, low, high = (f"{value / 1e6:.4g}" for value in (summary.latency_ns, summary.low_ns, summary.high_ns))
    return f"{center} ms (95 %: {low} to {high})"


def _process_latencies_ns(compared: Mapping[str, Any]) -> list[float]:
    """Nothing where the other run's was no figure of pibench."""
    values = compared.get("process_latencies_ns")
    if not isinstance(values, list):
        return []
    usable = all(isinstance(value, (int, float)) and 0 < value < math.inf for value in values)
    return values if usable else []


def _told(condition: Condition) -> tuple[Any, ...]:
    return condition.runtime, condition.threads, condition.kernels, condition.cpus


def _condition_in(compared: Mapping[str, Any]) -> tuple[Any, ...]:
    # JSON has lists for tuples.
    return *(compared.get(name) for name in ("runtime", "threads", "kernels")), tuple(compared.get("cpus") or ())


def _is_other_model(compared: Mapping[str, Any], result: Result) -> bool:
    before, now = compared.get("digest"), result.subject.digest
    return None not in (before, now) and before != now
