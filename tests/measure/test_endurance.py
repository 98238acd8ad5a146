from __future__ import annotations

import math

import pytest
from soak_world import BOOTED, MINUTE, MS, SECOND, World, hot_board, taken

from pibench.device import Span
from pibench.measure.endurance import Endurance, endurance
from pibench.measure.soak import Plan

TEN_MINUTES = Plan(10 * MINUTE)


def soaked(world: World, plan: Plan = TEN_MINUTES, spans: tuple[Span, ...] | None = None) -> Endurance:
    measurement = taken(world, plan)
    return endurance(measurement, world.trace(), world.spans() if spans is None else spans, plan.period_ns)


def span(kind: str, begin: int, end: int) -> Span:
    return Span(kind=kind, begin_ns=BOOTED + begin, end_ns=BOOTED + end)  # type: ignore[arg-type]


def test_a_board_that_stays_cool_is_steady() -> None:
    found = soaked(World())
    assert found.verdict == "steady"
    assert found.is_well
    assert found.onset is found.rise is found.deadlines is None
    assert found.ratio.low <= 1 <= found.ratio.high
    assert found.ratio.high - found.ratio.low < 0.01
    assert found.highest_c == 50.0


def test_a_board_that_throttles_in_minute_three_is_told_so() -> None:
    found = soaked(hot_board())
    assert found.verdict == "throttled"
    assert not found.is_well
    assert found.onset is not None
    assert found.onset.kind == "throttled"
    assert found.onset.after_s == pytest.approx(180, abs=1)
    assert found.onset.lasted_s == pytest.approx(420, abs=1)
    assert found.rise is not None
    assert found.rise.after_s == pytest.approx(180, abs=11)
    assert found.ratio.estimate == pytest.approx(1.4, rel=0.01)
    assert found.sustained.inferences_per_second == pytest.approx(1000 / 5.6, rel=0.01)
    assert found.highest_c == 82.0


def test_without_a_flag_of_the_board_the_latency_tells() -> None:
    found = soaked(hot_board(), spans=())
    assert found.verdict == "slowed"
    assert found.onset is None
    assert found.rise is not None
    assert found.rise.change == pytest.approx(0.4, abs=0.01)


def test_a_slow_ramp_begins_where_it_leaves_the_noise() -> None:
    found = soaked(World(lambda t: 4 * MS * (1 + 0.2 * t / (10 * MINUTE)), noise=0.02))
    assert found.verdict == "slowed"
    assert found.rise is not None
    assert 60 < found.rise.after_s < 150


@pytest.mark.parametrize("seconds", [25, 60, 120, 300, 500, 560])
@pytest.mark.parametrize("period_ns", [0, 20 * MS])
def test_a_slowdown_is_found_wherever_it_is(seconds: int, period_ns: int) -> None:
    plan = Plan(10 * MINUTE, period_ns)
    rise = soaked(World(lambda t: (4 if t < seconds * SECOND else 4.3) * MS, noise=0.03), plan).rise
    assert rise is not None
    assert rise.after_s == pytest.approx(seconds, abs=11)


def test_a_slow_model_that_slows_down_is_told_from_few_samples() -> None:
    world = World(lambda t: (1 if t < 5 * MINUTE else 1.3) * SECOND, noise=0.02)
    assert soaked(world).verdict == "slowed"


def test_a_warm_up_is_no_slowdown_and_does_not_hide_one() -> None:
    cold = World(lambda t: (8 if t < MINUTE else 4) * MS)
    assert soaked(cold).verdict == "steady"
    later = soaked(World(lambda t: (8 if t < MINUTE else 4 if t < 5 * MINUTE else 5) * MS))
    assert later.rise is not None
    assert later.rise.after_s == pytest.approx(300, abs=11)


def test_a_slow_minute_that_passes_is_not_sustained() -> None:
    passing = World(lambda t: (5 if 4 * MINUTE < t < 5 * MINUTE else 4) * MS)
    assert soaked(passing).verdict == "steady"


@pytest.mark.parametrize("noise", [0.01, 0.1, 0.5])
@pytest.mark.parametrize("latency_ns", [4 * MS, 300 * MS])
def test_noise_alone_is_steady(noise: float, latency_ns: int) -> None:
    assert soaked(World(lambda t: latency_ns, noise=noise), Plan(2 * MINUTE)).verdict == "steady"


def test_the_governor_waking_up_and_a_dip_of_the_turbo_are_no_throttling() -> None:
    waking, dip = span("slow_clock", 0, SECOND // 5), span("slow_clock", 5 * MINUTE, 5 * MINUTE + SECOND)
    assert soaked(World(), spans=(waking, dip)).verdict == "steady"
    lasting = span("slow_clock", 5 * MINUTE, 6 * MINUTE)
    onset = soaked(World(), spans=(waking, lasting)).onset
    assert onset is not None
    assert (onset.kind, round(onset.after_s)) == ("slow_clock", 300)


def test_between_frames_a_low_clock_is_right_but_a_flag_still_counts() -> None:
    plan = Plan(MINUTE, period_ns=100 * MS)
    assert soaked(World(), plan, (span("slow_clock", 0, MINUTE),)).verdict == "steady"
    assert soaked(World(), plan, (span("under_voltage", 0, SECOND),)).verdict == "throttled"


def test_a_flag_from_before_the_first_sample_began_with_it() -> None:
    found = soaked(World(), Plan(MINUTE), (span("soft_limit", -MINUTE, 10 * MINUTE),))
    assert found.onset is not None
    assert found.onset.after_s == 0
    assert found.onset.lasted_s == pytest.approx(60, abs=1)


def test_a_frame_rate_that_is_met_is_held() -> None:
    found = soaked(World(), Plan(MINUTE, period_ns=SECOND // 30))
    assert found.deadlines is not None
    assert (found.deadlines.frames, found.deadlines.missed, found.deadlines.held) == (1800, 0, True)
    assert found.sustained.inferences_per_second == pytest.approx(30)
    assert found.is_well


def test_frames_that_take_longer_than_the_period_are_missed_and_the_rate_it_holds_is_told() -> None:
    found = soaked(World(lambda t: 40 * MS), Plan(MINUTE, period_ns=SECOND // 30))
    assert found.deadlines is not None
    assert found.deadlines.met_share == 0
    assert not found.deadlines.held
    assert not found.is_well
    assert found.verdict == "steady"
    assert found.sustained.inferences_per_second == pytest.approx(25, rel=0.01)


def test_a_throttled_board_loses_its_frames_from_then_on() -> None:
    found = soaked(hot_board(), Plan(10 * MINUTE, period_ns=5 * MS))
    assert found.deadlines is not None
    assert found.deadlines.met_share == pytest.approx(0.3 / (0.3 + 0.7 * 5 / 5.6), abs=0.01)
    assert found.deadlines.sustained_share == 0


def test_one_stall_makes_the_frames_behind_it_late() -> None:
    stalled: list[int] = []

    def latency(t: int) -> float:
        if t > 30 * SECOND and not stalled:
            stalled.append(t)
            return 350 * MS
        return 4 * MS

    found = soaked(World(latency), Plan(MINUTE, period_ns=100 * MS))
    assert found.deadlines is not None
    # The stalled one, and those due 100, 200 and 300 ms later, of which its block may not have all.
    assert 2 <= found.deadlines.missed <= 4
    assert found.deadlines.held


def test_a_short_soak_of_a_slow_model_is_judged_without_intervals() -> None:
    found = soaked(World(lambda t: SECOND), Plan(5 * SECOND))
    assert found.verdict == "undecided"
    assert not found.is_well
    assert math.isnan(found.ratio.low)
    assert found.ratio.estimate == pytest.approx(1, abs=0.01)


def test_a_single_sample_is_enough() -> None:
    found = soaked(World(lambda t: MINUTE), Plan(SECOND))
    assert len(found.windows) == 1
    assert found.first == found.sustained


def test_a_vanished_sensor_keeps_the_highest_temperature_seen() -> None:
    assert soaked(World(temperature_c=lambda t: 60.0 if t < MINUTE else None), Plan(2 * MINUTE)).highest_c == 60.0
    assert soaked(World(temperature_c=lambda t: None), Plan(MINUTE)).highest_c is None


def test_the_fixed_reference_is_compared_too() -> None:
    assert soaked(World(), Plan(MINUTE)).reference_ratio == pytest.approx(1)
