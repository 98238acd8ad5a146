from __future__ import annotations

import pytest
from msgspec.structs import replace
from pareto_world import crowd

from pibench.words.pareto import doubts, probability, verdict


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *[(0.0, "< 0.001"), (0.0009, "< 0.001"), (0.001, "0.001"), (0.0099, "0.010"), (0.01, "0.01")],
        *[(0.5049, "0.50"), (0.99, "0.99"), (0.9901, "0.990"), (0.999, "0.999"), (0.9991, "> 0.999"), (1, "> 0.999")],
    ],
)
def test_a_probability_has_no_more_digits_than_its_draws_support(value: float, expected: str) -> None:
    assert probability(value) == expected


def test_a_verdict_says_on_whose_untrusted_latency_it_rests() -> None:
    one = replace(crowd().fronts[0].placed[0], standing="perhaps", by="", doubtful=True)
    assert verdict(one) == "perhaps on it; rests on an untrusted latency"
    assert verdict(replace(one, by="other")) == "perhaps on it; other may dominate it; rests on an untrusted latency"
    own = replace(one, point=replace(one.point, latency=replace(one.point.latency, untrusted="throttled")))
    assert verdict(own) == "perhaps on it; latency untrusted: throttled"


def test_untrusted_latencies_are_told_with_their_front() -> None:
    found = crowd()
    assert list(doubts(found)) == [f"latency untrusted: net:depth=3 ({found.fronts[0].setting}), throttled"]
