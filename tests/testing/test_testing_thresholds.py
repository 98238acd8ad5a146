from __future__ import annotations

import math

import pytest
from fakes import CONDITION, SUBJECT

from pibench.report import OutlierCounts, Result, Spread, Summary
from pibench.testing.facts import figure_facts
from pibench.testing.thresholds import against_limit, against_run, ratio_to


def result_of(latency_ns: float, low_ns: float, high_ns: float) -> Result:
    summary = Summary(
        latency_ns=latency_ns,
        low_ns=low_ns,
        high_ns=high_ns,
        fresh_low_ns=None,
        fresh_high_ns=None,
        p95_ns=high_ns,
        min_ns=low_ns,
        mean_ns=latency_ns,
        samples=100,
        set_aside=0,
        processes=5,
        inferences_per_second=1e9 / latency_ns,
        spread=Spread(process=None, instance=None, block=None, sample=None),
        outliers=OutlierCounts(low_severe=0, low_mild=0, high_mild=0, high_severe=0),
    )
    return Result(subject=SUBJECT, condition=CONDITION, summary=summary, verdict="trusted")


NOW = result_of(3.0e6, 2.9e6, 3.1e6)


def test_only_an_interval_wholly_beyond_the_limit_fails() -> None:
    beyond = against_limit(NOW, 2.8)
    assert beyond.failures == ["net (litert, 1 thread) takes 3 ms (95 %: 2.9 to 3.1), beyond the limit of 2.8 ms"]
    assert not beyond.undecided


def test_an_interval_that_straddles_the_limit_is_told_and_does_not_fail() -> None:
    straddling = against_limit(NOW, 2.95)
    assert not straddling.failures
    assert "straddles the limit of 2.95 ms" in straddling.undecided[0]


def test_within_the_limit_nothing_is_said() -> None:
    assert against_limit(NOW, 3.1) == ([], [])


def test_a_figure_against_itself_is_the_same_with_an_interval_around() -> None:
    assert NOW.summary is not None
    ratio = ratio_to(NOW.summary, figure_facts(NOW, None))
    assert ratio.estimate == 1
    # Two intervals of nearly ±3.3 % make one of √2 times that.
    assert math.log(ratio.high) == pytest.approx(math.sqrt(2) * 0.0333, rel=0.03)
    assert math.log(ratio.low) == pytest.approx(-math.log(ratio.high), rel=0.03)


def test_an_exact_past_leaves_the_interval_of_the_present() -> None:
    assert NOW.summary is not None
    past = {"latency_ns": 1.5e6, "low_ns": 1.5e6, "high_ns": 1.5e6}
    assert ratio_to(NOW.summary, past) == pytest.approx((2, 2.9 / 1.5, 3.1 / 1.5))


@pytest.mark.parametrize(("before_ms", "fails"), [(2.0, True), (2.8, False), (2.95, False), (4.0, False)])
def test_slower_is_what_no_uncertainty_explains(before_ms: float, fails: bool) -> None:
    before = result_of(before_ms * 1e6, before_ms * 0.97e6, before_ms * 1.03e6)
    found = against_run(NOW, figure_facts(before, None), "yesterday", 0.03)
    assert bool(found.failures) == fails
    assert not found.undecided


def test_a_failure_says_by_how_much_and_since_when() -> None:
    (sentence,) = against_run(NOW, figure_facts(result_of(2e6, 2e6, 2e6), None), "yesterday", 0.03).failures
    assert "1.5 (95 %: 1.45 to 1.55) times as long as in the run of yesterday: slower by more than 3 %" in sentence


@pytest.mark.parametrize(
    ("compared", "sentence"),
    [
        ({}, "has no figure of pibench for this test"),
        ({"latency_ns": "fast", "low_ns": 1, "high_ns": 1}, "has no figure of pibench"),
        ({"latency_ns": 0, "low_ns": 0, "high_ns": 0}, "has no figure of pibench"),
        ({**figure_facts(NOW, None), "threads": 2}, "under another condition"),
    ],
)
def test_what_cannot_be_compared_is_told_and_does_not_fail(compared: dict[str, object], sentence: str) -> None:
    found = against_run(NOW, compared, "yesterday", 0.03)
    assert not found.failures
    assert sentence in found.undecided[0]
