from __future__ import annotations

import re

import pytest
from saved_reports import saved, untrusted, with_model
from timed_results import timed

from pibench.compare import compare
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
    assert not beyond.cautions


def test_an_interval_that_straddles_the_limit_is_told_and_does_not_fail() -> None:
    straddling = against_limit(NOW, 2.95)
    assert not straddling.failures
    assert "straddles the limit of 2.95 ms" in straddling.cautions[0]


def test_within_the_limit_nothing_is_said() -> None:
    assert against_limit(NOW, 3.1) == ([], [])


@pytest.mark.parametrize(("before_ms", "fails"), [(2.0, True), (2.88, False), (2.95, False), (4.0, False)])
def test_slower_is_what_no_uncertainty_explains(before_ms: float, fails: bool) -> None:
    before = result_of(before_ms * 0.99e6, before_ms * 1e6, before_ms * 1.01e6)
    found = against_run(NOW, figure_facts(before, None), "yesterday", 0.03)
    assert bool(found.failures) == fails


def test_a_failure_says_by_how_much_and_since_when() -> None:
    before = result_of(1.98e6, 2e6, 2.02e6)
    (sentence,) = against_run(NOW, figure_facts(before, None), "yesterday", 0.03).failures
    assert "times as long as in the run of yesterday: slower by more than 3 %" in sentence
    assert re.search(r"1\.5 \(95 %: 1\.4\d+ to 1\.5\d+\)", sentence)


STEADY = (0.99, 1, 1.01)


@pytest.mark.parametrize(
    ("base", "new"),
    [
        (result_of(1e6, 1e6, 1e6), result_of(1.004e6, 1.004e6, 1.004e6)),
        *(
            (result_of(*(1e6 * one for one in STEADY)), result_of(*(1e6 * factor * one for one in STEADY)))
            for factor in (0.5, 1.0, 1.02, 1.045, 1.1, 2.0)
        ),
        (result_of(1e6), result_of(2e6, 2e6)),
        (result_of(1e6, 1e6), result_of(2e6)),
        (untrusted(result_of(1e6, 1e6)), result_of(2e6, 2e6)),
        (result_of(1e6, 1e6), untrusted(result_of(2e6, 2e6))),
        (with_model(result_of(1e6, 1e6), "ff"), with_model(result_of(2e6, 2e6), "ab")),
    ],
)
@pytest.mark.parametrize("threshold", [0.0, 0.03])
def test_it_judges_as_two_saved_reports_are_judged(base: Result, new: Result, threshold: float) -> None:
    """But for what is not asked: whether it became faster."""
    (row,) = compare(saved(base), saved(new, created="2026-11-24T12:00:00+00:00"), threshold=threshold).rows
    found = against_run(new, figure_facts(base, None), "yesterday", threshold)
    assert bool(found.failures) == (row.verdict == "slower")
    is_open = row.verdict == "untrusted" or (
        row.verdict == "undecided" and row.high is not None and row.high > 1 + threshold
    )
    is_other = any(doubt.kind == "other_model" for doubt in row.doubts)
    assert len(found.cautions) == is_open + is_other


@pytest.mark.parametrize(
    ("base", "new", "sentence"),
    [
        (
            result_of(1e6),
            NOW,
            "net (litert, 1 thread) takes 3 ms (95 %: 2.941 to 3.059), 3 times as long as in the run of yesterday:"
            " one process shows no spread, so that nothing is decided",
        ),
        (untrusted(NOW), NOW, "as in the run of yesterday: that run's figure is untrusted"),
        (NOW, untrusted(NOW), "as in the run of yesterday: this run's figure is untrusted"),
        (with_model(NOW, "ff"), NOW, "the run of yesterday measured another model"),
        (result_of(2.85e6, 2.9e6, 2.95e6), NOW, ": its interval straddles the threshold of 3 %"),
    ],
)
def test_what_is_not_decided_is_told_and_does_not_fail(base: Result, new: Result, sentence: str) -> None:
    found = against_run(new, figure_facts(base, None), "yesterday", 0.03)
    assert not found.failures
    assert found.cautions[0].endswith(sentence)


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
    assert sentence in found.cautions[0]
