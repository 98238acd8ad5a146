from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from trees import PI4, POLICY, SYSFS_FLAGS, THERMAL, Vcgencmd, threads, throttled, write_tree

from pibench.device import Channel, Quantity, Span, Trace
from pibench.device.recorder import TraceRecorder
from pibench.device.runner import Completed
from pibench.device.throttling import disturbed_spans
from pibench.errors import PibenchError

LONG_MS = 3_600_000
PATIENCE_S = 60
WITHOUT_FLAGS = {name: text for name, text in PI4.items() if name != SYSFS_FLAGS}


def of(trace: Trace, quantity: Quantity) -> Channel:
    return next(channel for channel in trace.channels if channel.quantity == quantity)


def until(recorder: TraceRecorder, condition: Callable[[Trace], bool]) -> Trace:
    give_up = time.monotonic() + PATIENCE_S
    while not condition(trace := recorder.so_far()):
        assert time.monotonic() < give_up, "it never came"
        time.sleep(0.001)
    return trace


def tells(quantity: Quantity, value: float | None) -> Callable[[Trace], bool]:
    return lambda trace: of(trace, quantity).values[-1] == value


def test_the_first_and_last_reading_lie_around_what_is_recorded(tmp_path: Path) -> None:
    with TraceRecorder(write_tree(tmp_path, PI4), LONG_MS) as recorder:
        begin_ns = time.monotonic_ns()
        write_tree(tmp_path, {f"{THERMAL}/thermal_zone0/temp": "71500\n"})
        end_ns = time.monotonic_ns()
        trace = recorder.stop()
    first_ns, last_ns = trace.start_ns
    assert first_ns <= begin_ns <= end_ns <= last_ns
    assert of(trace, "temperature_c").values == (48.312, 71.5)
    assert trace.period_ms == LONG_MS
    assert trace.reading_ns is not None
    assert trace.reading_ns > 0


def test_a_board_is_followed_through_heat_throttling_and_back(tmp_path: Path) -> None:
    with TraceRecorder(write_tree(tmp_path, PI4), period_ms=1) as recorder:
        write_tree(tmp_path, {f"{THERMAL}/thermal_zone0/temp": "82000\n"})
        until(recorder, tells("temperature_c", 82))
        write_tree(tmp_path, {SYSFS_FLAGS: "d0004\n"})
        until(recorder, tells("throttle_flags", 0xD0004))
        write_tree(tmp_path, {f"{POLICY}/scaling_cur_freq": "1000000\n"})
        until(recorder, tells("frequency_khz", 1_000_000))
        write_tree(tmp_path, {SYSFS_FLAGS: "d0000\n", f"{POLICY}/scaling_cur_freq": "1500000\n"})
        until(recorder, tells("frequency_khz", 1_500_000))
        trace = recorder.stop()
    spans = disturbed_spans(trace)
    assert {span.kind for span in spans} == {"throttled", "slow_clock", "soft_limit"}
    assert all(trace.start_ns[0] <= span.begin_ns <= span.end_ns <= trace.start_ns[-1] for span in spans)


def test_a_sensor_may_vanish_and_return_while_others_go_on(tmp_path: Path) -> None:
    zone = tmp_path / THERMAL / "thermal_zone0/temp"
    with TraceRecorder(write_tree(tmp_path, PI4), period_ms=1) as recorder:
        zone.unlink()
        until(recorder, tells("temperature_c", None))
        zone.write_text("garbage")
        until(recorder, lambda trace: len(trace.start_ns) > 5)
        zone.write_text("60000\n")
        trace = until(recorder, tells("temperature_c", 60))
    assert of(trace, "frequency_khz").values == (1_500_000,) * len(trace.start_ns)
    assert set(of(trace, "temperature_c").values) == {48.312, None, 60}


def test_all_channels_have_a_value_per_reading_also_while_it_runs(tmp_path: Path) -> None:
    with TraceRecorder(write_tree(tmp_path, WITHOUT_FLAGS), 1, runner=Vcgencmd(throttled(0))) as recorder:
        for trace in (recorder.so_far(), until(recorder, lambda trace: len(trace.start_ns) > 3), recorder.stop()):
            assert {len(channel.values) for channel in trace.channels} == {len(trace.start_ns)}


def test_vcgencmd_tells_the_first_and_the_last_flags_where_nothing_else_does(tmp_path: Path) -> None:
    vcgencmd = Vcgencmd(throttled(0), throttled(0x20000))
    with TraceRecorder(write_tree(tmp_path, WITHOUT_FLAGS), period_ms=1, runner=vcgencmd) as recorder:
        running = until(recorder, lambda trace: len(trace.start_ns) > 3)
        trace = recorder.stop()
    assert of(running, "throttle_flags").values == (0.0, *[None] * (len(running.start_ns) - 1))
    assert of(trace, "throttle_flags").name == "vcgencmd"
    assert of(trace, "throttle_flags").values == (0.0, *[None] * (len(trace.start_ns) - 2), 0x20000)
    assert disturbed_spans(trace) == (Span(kind="capped", begin_ns=trace.start_ns[0], end_ns=trace.start_ns[-1]),)


def test_a_vcgencmd_that_falls_silent_leaves_the_end_unknown(tmp_path: Path) -> None:
    vcgencmd = Vcgencmd(throttled(0x4), Completed(None, "no answer within 5 s"))
    with TraceRecorder(write_tree(tmp_path, WITHOUT_FLAGS), LONG_MS, runner=vcgencmd) as recorder:
        trace = recorder.stop()
    assert of(trace, "throttle_flags").values == (4.0, None)


def test_a_vcgencmd_that_does_not_answer_is_no_channel(tmp_path: Path) -> None:
    write_tree(tmp_path, WITHOUT_FLAGS)
    with TraceRecorder(tmp_path, LONG_MS, runner=Vcgencmd(Completed(1, ""), throttled(0))) as recorder:
        trace = recorder.stop()
    assert "throttle_flags" not in {channel.quantity for channel in trace.channels}


def test_vcgencmd_alone_makes_a_trace(tmp_path: Path) -> None:
    with TraceRecorder(tmp_path, LONG_MS, runner=Vcgencmd(throttled(0))) as recorder:
        trace = recorder.stop()
    assert [channel.values for channel in trace.channels] == [(0.0, 0.0)]


def test_a_machine_without_sensors_has_an_empty_trace_and_no_thread(tmp_path: Path) -> None:
    with TraceRecorder(tmp_path) as recorder:
        assert not threads()
        assert recorder.so_far() == recorder.stop() == Trace(period_ms=100, reading_ns=None, start_ns=(), channels=())


def test_stopping_again_returns_the_same_trace(tmp_path: Path) -> None:
    with TraceRecorder(write_tree(tmp_path, PI4), LONG_MS) as recorder:
        trace = recorder.stop()
        write_tree(tmp_path, {f"{THERMAL}/thermal_zone0/temp": "71500\n"})
        assert recorder.stop() is recorder.so_far() is trace
    assert recorder.stop() is trace


def test_an_exception_ends_the_recording(tmp_path: Path) -> None:
    recorder = TraceRecorder(write_tree(tmp_path, PI4), LONG_MS)
    with pytest.raises(ZeroDivisionError), recorder:
        raise ZeroDivisionError
    assert len(recorder.stop().start_ns) == 2


def test_cores_that_may_not_be_had_are_an_error_that_names_them(tmp_path: Path) -> None:
    with pytest.raises(PibenchError, match="on cores 1022-1023: Invalid argument"):
        TraceRecorder(write_tree(tmp_path, PI4), cpus=(1022, 1023)).__enter__()


def test_this_machine_can_be_recorded() -> None:
    with TraceRecorder(period_ms=1) as recorder:
        trace = recorder.stop()
    assert all(len(channel.values) == len(trace.start_ns) for channel in trace.channels)
