from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from pibench.models.data import Origin
from pibench.pareto import Error, Latency, Point, placed, pooled
from pibench.pareto.front import standing
from pibench.stats._distributions import normal_cdf, normal_quantile, student_cdf, student_quantile

Z_9875 = normal_quantile(0.9875)
MANY = 1_000_001  # processes: Student's t is the normal distribution


def point(
    name: str,
    ms: float,
    error: float,
    sd: float | None = 0.002,
    runs: int = 4,
    precision: float = 0.01,
    processes: int = MANY,
    report: str = "a.json",
    confidence: float = 0.95,
    untrusted: str = "",
    **of_error: Any,
) -> Point:
    ns = ms * 1e6
    return Point(
        network=name,
        error=Error(mean=error, sd=sd, runs=runs, **({"images": 10_000} | of_error)),
        latency=Latency(
            ns=ns,
            low_ns=ns * math.exp(-precision),
            high_ns=ns * math.exp(precision),
            processes=processes,
            confidence=confidence,
            report=report,
            subject=name,
            untrusted=untrusted,
        ),
    )


def data(digest: str) -> Origin:
    return Origin(name="CIFAR-10", images="official", digest=digest)


def dominated(*points: Point, run_sd: float = 0.0) -> list[float]:
    return [one.dominated for one in placed(points, run_sd=run_sd)]


def test_points_far_apart_stand_where_their_estimates_say() -> None:
    found = placed([point("fast", 1, 0.10), point("good", 2, 0.05), point("bad", 3, 0.08)])
    assert [(one.standing, one.by) for one in found] == [("front", ""), ("front", ""), ("dominated", "good")]
    assert [one.dominated for one in found] == [0, 0, 1]


def test_no_points_make_no_front_and_one_is_on_it() -> None:
    assert placed([]) == ()
    (alone,) = placed([point("alone", 1, 0.1)])
    assert (alone.dominated, alone.standing, alone.by) == (0, "front", "")


def test_of_two_points_it_is_the_product_of_being_slower_and_worse() -> None:
    """Latencies apart by one standard deviation of their difference; errors equal, so that a coin decides."""
    scale = 0.01 / student_quantile(0.975, MANY - 1)
    a, b = point("a", 1, 0.1), point("b", math.exp(math.sqrt(2) * scale), 0.1)
    slower = normal_cdf(1)
    assert dominated(a, b) == pytest.approx([(1 - slower) / 2, slower / 2], abs=0.015)


def test_few_processes_leave_more_open_as_students_t_has_it() -> None:
    still = point("still", 1, 0.05, precision=1e-9)
    moving = point("moving", 1.02, 0.10, precision=0.05, processes=3)
    t = math.log(1.02) / (0.05 / student_quantile(0.975, 2))
    assert dominated(still, moving)[1] == pytest.approx(student_cdf(t, 2), abs=0.015)


def test_an_interval_is_read_at_the_confidence_that_it_was_computed_at() -> None:
    still = point("still", 1, 0.05, precision=1e-9)
    t = math.log(1.02) / (0.05 / student_quantile(0.9875, 4))
    for processes, expected in ((5, student_cdf(t, 4)), (1, normal_cdf(math.log(1.02) / (0.05 / Z_9875)))):
        moving = point("moving", 1.02, 0.10, precision=0.05, processes=processes, confidence=0.975)
        assert dominated(still, moving)[1] == pytest.approx(expected, abs=0.015)


def test_the_spread_of_runs_is_pooled_and_as_uncertain_as_its_degrees_of_freedom() -> None:
    sure = {"precision": 1e-9, "runs": 2}
    a, b = point("a", 1, 0.100, sd=0.002, **sure), point("b", 2, 0.103, sd=0.002, **sure)  # type: ignore[arg-type]
    spread = pooled([a.error, b.error])
    assert spread is not None
    assert spread == pytest.approx((0.002, 2))
    t = 0.003 / (0.002 * math.sqrt(1 / 2 + 1 / 2))
    assert dominated(a, b)[1] == pytest.approx(student_cdf(t, 2), abs=0.015)


def test_a_lucky_pair_of_runs_is_not_taken_for_certain() -> None:
    lucky = point("lucky", 1, 0.100, sd=0.0, runs=2)
    others = [point(name, 3, 0.2, sd=0.004, runs=3) for name in "xyz"]
    assert 0.5 < dominated(lucky, point("near", 2, 0.102, sd=None, runs=1), *others)[1] < 0.8


def test_a_single_run_has_the_spread_of_the_others() -> None:
    once = point("once", 2, 0.103, sd=None, runs=1, precision=1e-9)
    often = point("often", 1, 0.100, sd=0.002, runs=MANY, precision=1e-9)
    assert dominated(often, once)[1] == pytest.approx(normal_cdf(1.5), abs=0.015)


@pytest.mark.parametrize("sd", [None, 0.0])
def test_without_any_spread_the_number_of_images_says_how_uncertain_an_error_is(sd: float | None) -> None:
    runs = 1 if sd is None else 2
    a, b = (
        point(name, ms, error, sd, runs=runs, precision=1e-9) for name, ms, error in (("a", 1, 0.1), ("b", 2, 0.104))
    )
    assert pooled([a.error, b.error]) is None
    z = 0.004 / math.sqrt(0.1 * 0.9 / 10_000 + 0.104 * 0.896 / 10_000)
    assert dominated(a, b)[1] == pytest.approx(normal_cdf(z), abs=0.015)


@pytest.mark.parametrize(
    "other",
    [{"source": "validation"}, {"images": 9_999}, {"origin": data("b")}],
    ids=["source", "number", "data set"],
)
def test_between_errors_on_different_images_there_is_what_so_many_images_leave_open(other: dict[str, Any]) -> None:
    exact: dict[str, Any] = {"sd": 1e-6, "runs": MANY, "precision": 1e-9, "origin": data("a")}
    better, worse = point("better", 1, 0.1, **exact), point("worse", 2, 0.104, **exact)
    assert dominated(better, worse)[1] == 1
    elsewhere = point("worse", 2, 0.104, **(exact | other))
    z = 0.004 / math.sqrt(0.1 * 0.9 / 10_000 + 0.104 * 0.896 / 10_000)
    assert dominated(better, elsewhere)[1] == pytest.approx(normal_cdf(z), abs=0.015)


def test_reports_differ_by_more_than_their_processes_and_points_of_one_report_do_not() -> None:
    a, b = point("a", 1, 0.05, precision=1e-9), point("b", 1.004, 0.1, precision=1e-9)
    other = point("b", 1.004, 0.1, precision=1e-9, report="b.json")
    assert dominated(a, b, run_sd=0.004)[1] == 1
    z = math.log(1.004) / (0.004 * math.sqrt(2))
    assert dominated(a, other, run_sd=0.004)[1] == pytest.approx(normal_cdf(z), abs=0.015)


def test_one_network_trained_in_two_ways_has_one_latency_and_the_error_decides() -> None:
    first = point("net", 1, 0.10, precision=0.5)
    second = Point(network="net", error=Error(mean=0.05, sd=0.002, runs=4, images=10_000), latency=first.latency)
    assert dominated(first, second) == [1, 0]


def test_equals_do_not_dominate_each_other_and_no_error_at_all_is_possible() -> None:
    perfect = point("a", 1, 0.0, sd=None, runs=1)
    twin = Point(network="b", error=perfect.error, latency=perfect.latency)
    assert dominated(perfect, twin) == [0, 0]


def test_several_near_ones_dominate_together_more_probably_than_each_alone() -> None:
    judged = point("judged", 2, 0.100)
    near = [point(f"near{index}", 1, 0.0995) for index in range(4)]
    alone, together = dominated(judged, near[0])[0], dominated(judged, *near)[0]
    assert alone < 0.75
    assert together > alone + 0.05


def test_the_same_points_get_the_same_figures_each_time() -> None:
    points = [point("a", 1, 0.100), point("b", 1.01, 0.101)]
    assert placed(points) == placed(points)


def test_what_rests_on_an_untrusted_latency_is_said_perhaps_at_most() -> None:
    hot = {"untrusted": "throttled"}
    own = placed([point("fast", 1, 0.10), point("slow", 2, 0.15, **hot)])
    assert [(one.standing, one.by, one.doubtful) for one in own] == [
        ("front", "", False),
        ("perhaps", "fast", True),
    ]
    by_another = placed([point("fast", 1, 0.10, **hot), point("slow", 2, 0.15)])
    assert [(one.standing, one.by, one.doubtful) for one in by_another] == [
        ("front", "", False),
        ("perhaps", "fast", True),
    ]
    assert [one.dominated for one in by_another] == [0, 1]


def test_a_front_may_lose_a_network_to_one_that_was_throttled() -> None:
    fast, hot = placed([point("fast", 1, 0.15), point("hot", 2, 0.10, untrusted="throttled")])
    assert (fast.standing, fast.dominated, fast.by, fast.doubtful) == ("perhaps", 0, "hot", True)
    assert (hot.standing, hot.doubtful) == ("front", False)


def test_what_does_not_rest_on_an_untrusted_latency_stays_sure() -> None:
    found = placed([point("good", 1, 0.10), point("hot", 2, 0.20, untrusted="throttled"), point("bad", 3, 0.15)])
    assert [(one.standing, one.by, one.doubtful) for one in found] == [
        ("front", "", False),
        ("perhaps", "good", True),
        ("dominated", "good", False),
    ]


def test_one_untrusted_latency_of_a_network_trained_in_two_ways_leaves_the_errors_to_decide() -> None:
    first = point("net", 1, 0.10, untrusted="throttled")
    second = Point(
        network="net", training="long", error=Error(mean=0.05, sd=0.002, runs=4, images=10_000), latency=first.latency
    )
    assert [(one.standing, one.by) for one in placed([first, second])] == [
        ("dominated", "net (long)"),
        ("front", ""),
    ]


@pytest.mark.parametrize(
    ("probability", "expected"),
    [(0.0, "front"), (0.05, "front"), (0.051, "perhaps"), (0.949, "perhaps"), (0.95, "dominated"), (1.0, "dominated")],
)
def test_surely_is_said_from_95_percent_on(probability: float, expected: str) -> None:
    assert standing(probability, probability) == expected


def test_a_probability_that_is_not_known_is_said_surely_where_its_bounds_agree() -> None:
    assert [standing(0.96, 1), standing(0, 0.04), standing(0, 1), standing(0.94, 1), standing(0, 0.06)] == [
        *("dominated", "front"),
        *("perhaps", "perhaps", "perhaps"),
    ]


@pytest.mark.parametrize("stopped", [False, True])
def test_what_is_said_surely_is_seldom_wrong(stopped: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Worlds with a known truth: at most 5 % of sure words are false, also where an interval's width ends sampling."""
    monkeypatch.syspath_prepend(Path(__file__).parent.parent.parent / "benchmarks")
    from pareto_worlds import judged

    found = judged(150, seed=7, stopped=stopped)
    assert found.sure > 200
    assert found.false / found.sure < 0.05
