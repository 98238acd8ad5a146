from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from synthetic import KINDS, traces

from pibench.stats import (
    Interval,
    MedianSampling,
    NestedInterval,
    checked_confidence,
    hierarchical_median,
    mean_interval,
    next_check,
    paired_ratio,
    precision,
    spending_confidence,
    trace_median_interval,
    units_needed,
    verdict,
)

LONGEST = 3000


@pytest.mark.parametrize("target", [0.01, 0.02])
@pytest.mark.parametrize("kind", KINDS)
def test_intervals_cover_95_times_in_100_although_sampling_stops_when_they_are_narrow(kind: str, target: float) -> None:
    made = traces(kind, np.random.default_rng(1), 1500, LONGEST)
    truth = {n: made.median_of_first(n) for n in _schedule()}
    covered = [interval.low <= math.exp(truth[n]) <= interval.high for interval, n in _sampled(made.logs, target)]
    assert 0.93 <= np.mean(covered) <= 0.97


def _schedule() -> list[int]:
    checks = [50]
    while checks[-1] < LONGEST:
        checks.append(min(next_check(checks[-1]), LONGEST))
    return checks


def _sampled(logs: np.ndarray, target: float) -> list[tuple[Interval, int]]:
    return [_sample(np.exp(row), target) for row in logs]


def _sample(row: np.ndarray, target: float) -> tuple[Interval, int]:
    sampling, begin = MedianSampling(target), 0
    for end in _schedule():
        decision = sampling.feed(row[begin:end])
        begin = end
        if decision.stop:
            break
    interval = sampling.finish().interval
    assert interval is not None
    return interval, begin


def test_peeking_at_the_full_confidence_would_cover_less() -> None:
    rows = traces("lognormal", np.random.default_rng(1), 1000, LONGEST).logs
    covered = []
    for row in rows:
        for n in _schedule():
            interval = trace_median_interval(np.exp(row[:n]))
            if precision(interval, 0.01) == "precise":
                break
        covered.append(interval.low <= 1 <= interval.high)
    assert np.mean(covered) < 0.92


def test_sampling_stops_as_soon_as_the_interval_is_within_the_target() -> None:
    rng = np.random.default_rng(0)
    sampling = MedianSampling(target=0.01)
    decisions = [sampling.feed(np.exp(rng.normal(0, 0.05, 10))) for _ in range(100)]
    reasons = [decision.reason for decision in decisions]
    assert set(reasons[:5]) == {"sampling"}
    stopped = reasons.index("precise")
    assert 100 <= 10 * (stopped + 1) <= 500
    interval = decisions[stopped].interval
    assert interval is not None
    assert interval.relative_half_width <= 0.01
    assert sampling.finish() == decisions[stopped]


def test_it_looks_only_at_the_checks() -> None:
    sampling = MedianSampling(target=1e-9)
    rng = np.random.default_rng(0)
    intervals = [sampling.feed(rng.random(1)).interval for _ in range(200)]
    changed = [n + 1 for n in range(1, 200) if intervals[n] != intervals[n - 1]]
    assert changed == [50, 75, 113, 170]
    assert sampling.next_check == 255
    assert len(sampling.values) == 200


def test_a_spent_budget_gives_the_interval_so_far_at_the_confidence_asked_for() -> None:
    sampling = MedianSampling(target=1e-6, confidence=0.9)
    values = np.random.default_rng(0).random(30)
    assert not sampling.feed(values).stop
    decision = sampling.finish()
    assert (decision.stop, decision.reason) == (True, "budget")
    assert decision.interval == trace_median_interval(values, 0.9)


def test_a_budget_without_samples_is_refused() -> None:
    assert len(MedianSampling().values) == 0
    with pytest.raises(ValueError, match="no samples"):
        MedianSampling().finish()


@pytest.mark.parametrize("target", [0.025, 0.04, 0.08])
def test_processes_added_until_the_interval_is_narrow_leave_its_coverage(target: float) -> None:
    covered = []
    for processes in np.exp(np.random.default_rng(3).normal(0, 0.05, (1000, 45))):
        count = 3
        while True:
            nested = [[[np.array([latency])]] for latency in processes[:count]]
            interval = hierarchical_median(nested, checked_confidence()).interval
            if precision(interval, target) == "precise" or count == 45:
                break
            count = min(next_check(count), 45)
        covered.append(interval.low <= 1 <= interval.high)
    assert 0.93 <= np.mean(covered) <= 0.975


def test_verdicts_sought_at_every_check_stay_within_five_false_ones_in_a_hundred() -> None:
    rng = np.random.default_rng(5)
    false = sum(_any_verdict(rng.normal(0, 0.03, 400), rising=False) for _ in range(2000)) / 2000
    naive = sum(_any_verdict(rng.normal(0, 0.03, 400), rising=True) for _ in range(1000)) / 1000
    assert false <= 0.05
    assert naive > 0.1


def _any_verdict(logs: np.ndarray, *, rising: bool) -> bool:
    previous = 0.0
    for n in (20, 30, 45, 68, 102, 153, 230, 345, 400):
        confidence = 0.95 if rising else spending_confidence(n / 400, previous)
        previous = n / 400
        if verdict(paired_ratio(np.ones(n), np.exp(logs[:n]), confidence)) != "undecided":
            return True
    return False


def test_all_checks_together_spend_the_risk() -> None:
    parts = [0.0, 0.1, 0.4, 1.0]
    risks = [1 - spending_confidence(now, before) for before, now in pairwise(parts)]
    assert sum(risks) == pytest.approx(0.05)


@pytest.mark.parametrize(("fraction", "previous"), [(0.5, 0.5), (1.2, 0.5), (0.5, -0.1)])
def test_checks_out_of_order_are_refused(fraction: float, previous: float) -> None:
    with pytest.raises(ValueError, match="give 0 <= previous"):
        spending_confidence(fraction, previous)


def test_units_needed_bring_the_interval_to_the_target() -> None:
    logs = np.random.default_rng(0).normal(0, 0.05, 5)
    _, low, high = mean_interval(logs)
    needed = units_needed(NestedInterval(Interval(1.0, math.exp(low), math.exp(high)), "process", 5), target=0.02)
    # With the same spread, t(k-1) s / √k must fall under the target at k and not at k - 1.
    s = float(logs.std(ddof=1))
    halves = [_half(s, k) for k in (needed - 1, needed)]
    assert halves[0] > 0.02 >= halves[1]


def _half(s: float, k: int) -> float:
    pattern = np.resize([-1.0, 1.0], k)
    scaled = (pattern - pattern.mean()) / pattern.std(ddof=1) * s
    _, low, high = mean_interval(scaled)
    return (high - low) / 2


def test_one_unit_cannot_say_how_many_are_needed() -> None:
    with pytest.raises(ValueError, match="two or more"):
        units_needed(NestedInterval(Interval(1, 1, 1), "process", 1))
