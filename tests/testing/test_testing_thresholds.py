from __future__ import annotations

import re

import pytest
from timed_results import timed

from pibench.measure.facts import figure_facts
from pibench.report import Result
from pibench.testing.thresholds import against_limit, against_run


def result_of(*processes_ns: float) -> Result:
    """Of processes that found these latencies."""
    return timed("net", [[round(latency_ns)] for latency_ns in processes_ns])


NOW = result_of(2.94e6, 2.97e6, 3.0e6, 3.03e6, 3.06e6)


def test_only_an_interval_wholly_beyond_the_limit_fails() -> None:
    beyond = against_limit(NOW, 2.8)
    assert beyond.failures == ["net (litert, 1 thread) takes 3 ms (95 %: 2.941 to 3.059), beyond the limit of 2.8 ms"]
    assert not beyond.undecided


def test_an_interval_that_straddles_the_limit_is_told_and_does_not_fail() -> None:
    straddling = against_limit(NOW, 2.95)
    assert not straddling.failures
    assert "straddles the limit of 2.95 ms" in straddling.undecided[0]


def test_within_the_limit_nothing_is_said() -> None:
    assert against_limit(NOW, 3.1) == ([], [])


@pytest.mark.parametrize(("before_ms", "fails"), [(2.0, True), (2.88, False), (2.95, False), (4.0, False)])
def test_slower_is_what_no_uncertainty_explains(before_ms: float, fails: bool) -> None:
    before = result_of(before_ms * 0.99e6, before_ms * 1e6, before_ms * 1.01e6)
    found = against_run(NOW, figure_facts(before, None), "yesterday", 0.03)
    assert bool(found.failures) == fails
    assert not found.undecided


def test_a_failure_says_by_how_much_and_since_when() -> None:
    before = result_of(1.98e6, 2e6, 2.02e6)
    (sentence,) = against_run(NOW, figure_facts(before, None), "yesterday", 0.03).failures
    assert "times as long as in the run of yesterday: slower by more than 3 %" in sentence
    assert re.search(r"1\.5 \(95 %: 1\.4\d+ to 1\.5\d+\)", sentence)


def test_it_judges_as_two_saved_reports_are_judged() -> None:
    """The same ratio as ``pibench compare``: what whole runs differ by is reckoned with."""
    barely = result_of(*(value * 1.004 for value in (1e6, 1e6, 1e6)))
    assert against_run(barely, figure_facts(result_of(1e6, 1e6, 1e6), None), "yesterday", 0.0) == ([], [])


@pytest.mark.parametrize(
    ("compared", "sentence"),
    [
        ({}, "has no figure of pibench for this test"),
        ({"process_latencies_ns": "fast"}, "has no figure of pibench"),
        ({"process_latencies_ns": [1.0, "fast"]}, "has no figure of pibench"),
        ({"process_latencies_ns": [1.0, 0]}, "has no figure of pibench"),
        ({**figure_facts(NOW, None), "threads": 2}, "under another condition"),
    ],
)
def test_what_cannot_be_compared_is_told_and_does_not_fail(compared: dict[str, object], sentence: str) -> None:
    found = against_run(NOW, compared, "yesterday", 0.03)
    assert not found.failures
    assert sentence in found.undecided[0]
