from __future__ import annotations

import numpy as np
import pytest

from pibench.device import Channel, Quantity, Span, SpanKind, Trace
from pibench.device.throttling import disturbed_spans, undisturbed

STEP_NS = 100_000_000
START_NS = 5_000_000_000
UNDER_VOLTAGE, CAPPED, THROTTLED, SOFT_LIMIT = 0x1, 0x2, 0x4, 0x8
MHZ = 1000


def at(reading: float) -> int:
    return START_NS + round(reading * STEP_NS)


def channel(quantity: Quantity, *values: float | None, name: str = "it") -> Channel:
    return Channel(name=name, quantity=quantity, values=values)


def trace(*channels: Channel) -> Trace:
    readings = len(channels[0].values) if channels else 0
    return Trace(period_ms=100, reading_ns=20_000, start_ns=tuple(at(k) for k in range(readings)), channels=channels)


def span(kind: SpanKind, first: float, last: float) -> Span:
    return Span(kind=kind, begin_ns=at(first), end_ns=at(last))


def flags(*values: int | None) -> tuple[Span, ...]:
    return disturbed_spans(trace(channel("throttle_flags", *values)))


def test_a_board_that_heats_without_being_slowed_down_is_not_disturbed() -> None:
    assert not disturbed_spans(
        trace(
            channel("temperature_c", 40.0, 60.0, 79.0, None, 85.0),
            channel("throttle_flags", 0, 0, 0, 0, 0),
            channel("frequency_khz", 1500 * MHZ, 1500 * MHZ, 1400 * MHZ, None, 1500 * MHZ),
            channel("frequency_limit_khz", 1500 * MHZ, 1500 * MHZ, 1500 * MHZ, None, 1800 * MHZ),
            channel("under_voltage", 0, 0, 0, None, 0),
            channel("cooling", 0, 0, 0, None, 0),
        )
    )


@pytest.mark.parametrize(
    ("bit", "kind"),
    [(UNDER_VOLTAGE, "under_voltage"), (CAPPED, "capped"), (THROTTLED, "throttled"), (SOFT_LIMIT, "soft_limit")],
)
def test_a_live_bit_lasts_from_the_reading_before_to_the_reading_after(bit: int, kind: SpanKind) -> None:
    assert flags(0, 0, bit, bit, 0, 0) == (span(kind, 1, 4),)
    assert flags(0, 0, 0, bit << 16 | bit, bit << 16, bit << 16) == (span(kind, 2, 4),)


@pytest.mark.parametrize(
    ("bit", "kind"),
    [(UNDER_VOLTAGE, "under_voltage"), (CAPPED, "capped"), (THROTTLED, "throttled"), (SOFT_LIMIT, "soft_limit")],
)
def test_a_sticky_mark_that_appears_alone_tells_of_what_came_and_went(bit: int, kind: SpanKind) -> None:
    assert flags(0, 0, bit << 16, bit << 16) == (span(kind, 1, 2),)


def test_marks_from_before_the_trace_are_history() -> None:
    assert not flags(0xF0000, 0xF0000, 0xF0000)


def test_marks_that_are_cleared_disturb_nothing_and_count_again_when_they_return() -> None:
    assert flags(0x40000, 0x40000, 0, 0, 0x40000, 0x40000) == (span("throttled", 3, 4),)


def test_bits_at_the_ends_of_the_trace_last_to_its_ends() -> None:
    assert flags(THROTTLED, 0, 0, THROTTLED) == (span("throttled", 0, 1), span("throttled", 2, 3))
    assert flags(THROTTLED) == (span("throttled", 0, 0),)


def test_several_bits_are_several_kinds_in_the_order_of_time() -> None:
    assert flags(0, 0, CAPPED | THROTTLED, UNDER_VOLTAGE, 0) == (
        span("capped", 1, 3),
        span("throttled", 1, 3),
        span("under_voltage", 2, 4),
    )


def test_bits_that_nobody_has_defined_are_ignored() -> None:
    assert not flags(0, 0xFFF0FFF0, 0)


def test_what_could_not_be_read_may_have_been_anything() -> None:
    assert flags(0, None, THROTTLED, None, None, 0) == (span("throttled", 0, 5),)
    assert flags(0, 0, 0x40000, None, None) == (span("throttled", 1, 2),)
    assert flags(0, None, None, 0x40000) == (span("throttled", 0, 3),)


def test_a_sensor_that_vanishes_while_throttled_is_not_believed_to_have_recovered() -> None:
    assert flags(0, THROTTLED, None, None) == (span("throttled", 0, 3),)


def test_a_sensor_that_appears_throttled_may_have_been_so_all_the_time() -> None:
    assert flags(None, None, THROTTLED, 0) == (span("throttled", 0, 3),)


def test_a_sensor_that_never_answers_tells_nothing() -> None:
    assert not flags(None, None, None)


def test_flags_known_at_both_ends_alone_condemn_everything_between() -> None:
    assert flags(0, None, None, 0x20000) == (span("capped", 0, 3),)
    assert flags(0, None, None, THROTTLED) == (span("throttled", 0, 3),)


def test_an_empty_trace_tells_nothing() -> None:
    assert not disturbed_spans(trace())
    assert not disturbed_spans(trace(channel("throttle_flags")))
    assert not disturbed_spans(trace(channel("frequency_khz")), 0, 1)


def test_the_supply_alarm_is_told_up_to_two_seconds_late() -> None:
    spans = disturbed_spans(trace(channel("under_voltage", 0, 0, 1, 0, 0)))
    assert spans == (span("under_voltage", 1 - 20, 3),)


def test_cooling_counts_from_its_first_step_on_also_at_the_begin() -> None:
    assert disturbed_spans(trace(channel("cooling", 0, 0, 2, 1, 0))) == (span("cooling", 1, 4),)
    assert disturbed_spans(trace(channel("cooling", 1, 1, 2, 1, 0))) == (span("cooling", 0, 4),)
    assert disturbed_spans(trace(channel("cooling", 1, 1, 1))) == (span("cooling", 0, 2),)
    assert not disturbed_spans(trace(channel("cooling", 0, 0, 0)))


def test_a_limit_that_falls_slows_the_clock_until_it_is_back() -> None:
    falls = channel("frequency_limit_khz", 1500, 1500, 1400, 1000, 1500)
    assert disturbed_spans(trace(falls)) == (span("slow_clock", 1, 4),)
    assert not disturbed_spans(trace(channel("frequency_limit_khz", 1000, 1500, 1500, 1000)))


def test_a_clock_more_than_a_tenth_below_its_highest_is_slow() -> None:
    assert disturbed_spans(trace(channel("frequency_khz", 1500, 1500, 1349, 1500))) == (span("slow_clock", 1, 3),)
    assert not disturbed_spans(trace(channel("frequency_khz", 1500, 1500, 1350, 1500)))
    assert disturbed_spans(trace(channel("frequency_khz", 1500, None, 600, None))) == (span("slow_clock", 0, 3),)


def test_a_clock_that_idles_before_and_after_the_load_is_not_slow() -> None:
    idle = trace(channel("frequency_khz", 600, 600, 1500, 1500, 1500, 600))
    assert not disturbed_spans(idle, at(1.5), at(4.5))
    slowed = trace(channel("frequency_khz", 600, 600, 1500, 1000, 1500, 600))
    assert disturbed_spans(slowed, at(1.5), at(4.5)) == (span("slow_clock", 2, 4),)


def test_a_boost_outside_the_load_is_no_measure_for_it() -> None:
    assert not disturbed_spans(trace(channel("frequency_khz", 4800, 3000, 3000, 4800)), at(0.5), at(2.5))


def test_a_load_between_two_readings_has_no_slow_clock() -> None:
    assert not disturbed_spans(trace(channel("frequency_khz", 600, 1500)), at(0.2), at(0.8))


def test_flags_at_the_readings_around_the_load_do_count() -> None:
    throttled = trace(channel("throttle_flags", THROTTLED, 0, 0, THROTTLED))
    assert disturbed_spans(throttled, at(0.5), at(2.5)) == (span("throttled", 0, 1), span("throttled", 2, 3))


def test_spans_apart_from_the_load_are_left_out() -> None:
    throttled = trace(channel("throttle_flags", THROTTLED, 0, 0, 0, THROTTLED))
    assert not disturbed_spans(throttled, at(1.5), at(2.5))


def clocks(**values: tuple[float | None, ...]) -> Trace:
    return trace(*(channel("frequency_khz", *readings, name=name) for name, readings in values.items()))


def test_another_cluster_that_idles_is_not_slow_by_fault() -> None:
    little_idles = clocks(policy0=(1800, 408, 408), policy4=(2400, 2400, 2400))
    assert not disturbed_spans(little_idles)
    assert not disturbed_spans(little_idles, policies=["policy4"])
    assert disturbed_spans(little_idles, policies=["policy0"]) == (span("slow_clock", 0, 2),)


def test_all_clusters_slow_are_a_slow_board() -> None:
    slow = clocks(policy0=(1800, 408, 1800), policy4=(2400, 1200, 2400))
    assert disturbed_spans(slow) == (span("slow_clock", 0, 2),)


def test_any_measured_cluster_that_is_slow_counts() -> None:
    one_slow = clocks(policy0=(1800, 1800, 1800), policy4=(2400, 1200, 2400))
    assert disturbed_spans(one_slow, policies=["policy0", "policy4"]) == (span("slow_clock", 0, 2),)
    assert not disturbed_spans(one_slow, policies=["policy0"])
    assert not disturbed_spans(one_slow, policies=[])


def test_touching_spans_of_one_kind_are_one_also_across_channels() -> None:
    both = trace(channel("frequency_khz", 1500, 1000, 1500, 1500, 1500), channel("frequency_limit_khz", 9, 9, 9, 8, 9))
    assert disturbed_spans(both) == (span("slow_clock", 0, 4),)
    assert flags(THROTTLED, 0, THROTTLED, 0) == (span("throttled", 0, 3),)
    assert flags(THROTTLED, 0, 0, 0x40000) == (span("throttled", 0, 1), span("throttled", 2, 3))


def test_a_long_span_swallows_a_short_one_within_it() -> None:
    spans = disturbed_spans(
        trace(channel("under_voltage", 0, 0, 1, 1, 1, 0), channel("throttle_flags", 0, 0, 1, 0, 0, 0))
    )
    assert spans == (span("under_voltage", 1 - 20, 5),)


def test_heating_throttling_and_cooling_down_again() -> None:
    story = trace(
        channel("temperature_c", 60, 79, 81, 82, 78, 70),
        channel("throttle_flags", 0, 0, 0x80008, 0xE000E, 0xE0000, 0xE0000),
        channel("frequency_khz", 1500, 1500, 1400, 1000, 1500, 1500),
    )
    assert disturbed_spans(story) == (
        span("soft_limit", 1, 4),
        span("capped", 2, 4),
        span("slow_clock", 2, 4),
        span("throttled", 2, 4),
    )


def test_samples_that_touch_no_span_are_undisturbed() -> None:
    start_ns = np.array([0, 10, 20, 30, 40, 50], np.int64)
    duration_ns = np.array([9, 9, 9, 10, 9, 9], np.int64)
    spans = [Span(kind="throttled", begin_ns=19, end_ns=20), Span(kind="capped", begin_ns=40, end_ns=41)]
    assert undisturbed(start_ns, duration_ns, spans).tolist() == [True, False, False, False, False, True]


def test_a_sample_around_a_whole_span_is_disturbed() -> None:
    around = undisturbed(np.array([0], np.int64), np.array([100], np.int64), [span("capped", 0, 0)])
    assert around.tolist() == [True]
    assert not undisturbed(np.array([at(0) - 5]), np.array([100]), [span("capped", 0, 0)]).any()


def test_without_spans_or_samples_nothing_is_disturbed() -> None:
    none = np.empty(0, np.int64)
    assert undisturbed(np.array([1, 2]), np.array([1, 1]), []).tolist() == [True, True]
    assert undisturbed(none, none, [span("capped", 0, 1)]).shape == (0,)
