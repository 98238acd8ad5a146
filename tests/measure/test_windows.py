from __future__ import annotations

import numpy as np
import pytest
from soak_world import BOOTED, MINUTE, MS, SECOND, World, hot_board, taken

from pibench.device import Channel, Trace
from pibench.measure.soak import Plan
from pibench.measure.windows import highest, last_known, samples_of, windows_of


def test_windows_show_latency_temperature_and_clock_side_by_side() -> None:
    world = hot_board()
    measurement = taken(world, Plan(10 * MINUTE))
    windows = windows_of(measurement, samples_of(measurement), world.trace())
    assert len(windows) == 60
    early, late = windows[1], windows[-2]
    assert (early.latency_ns, late.latency_ns) == pytest.approx((4 * MS, 5.6 * MS), rel=0.01)
    assert early.p95_ns >= early.latency_ns
    assert early.inferences_per_second == pytest.approx(250, rel=0.01)
    assert early.temperature_c is not None
    assert 50 < early.temperature_c < late.temperature_c == 82.0
    assert (early.frequency_khz, late.frequency_khz) == (1.4e6, 1.0e6)
    assert early.reference_ns == 20_000


def test_a_vanished_sensor_leaves_gaps() -> None:
    world = World(temperature_c=lambda t: 50.0 if t < MINUTE else None)
    measurement = taken(world, Plan(2 * MINUTE))
    windows = windows_of(measurement, samples_of(measurement), world.trace())
    assert windows[0].temperature_c == 50.0
    assert windows[-1].temperature_c is None
    assert windows[-1].frequency_khz == 1.4e6


def test_without_any_sensor_there_is_still_latency() -> None:
    measurement = taken(World(), Plan(MINUTE))
    nothing = Trace(period_ms=100, reading_ns=None, start_ns=(), channels=())
    windows = windows_of(measurement, samples_of(measurement), nothing)
    assert all(w.temperature_c is None and w.frequency_khz is None and w.latency_ns > 0 for w in windows)


def test_a_handful_of_samples_makes_few_windows() -> None:
    measurement = taken(World(lambda t: SECOND), Plan(12 * SECOND))
    assert len(windows_of(measurement, samples_of(measurement), World().trace())) == 2


def test_windows_in_which_nothing_began_are_left_out() -> None:
    measurement = taken(World(lambda t: MS if t < SECOND // 2 else 100 * SECOND), Plan(MINUTE))
    windows = windows_of(measurement, samples_of(measurement), World().trace())
    assert all(window.latency_ns > 0 for window in windows)


def test_frames_are_due_in_the_beat_of_their_block_and_pauses_between_blocks_do_not_count() -> None:
    measurement = taken(World(), Plan(3 * SECOND, period_ns=100 * MS))
    samples = samples_of(measurement, 100 * MS)
    assert (samples.due == samples.start).all()
    assert samples.rate(np.ones(len(samples.start), bool)) == pytest.approx(10)


def test_the_hottest_of_several_sensors_counts() -> None:
    channels = tuple(
        Channel(name=name, quantity="temperature_c", values=values)
        for name, values in (("a", (40.0, None, None)), ("b", (45.0, 46.0, None)))
    )
    trace = Trace(period_ms=1, reading_ns=1, start_ns=(BOOTED, BOOTED + 1, BOOTED + 2), channels=channels)
    values = highest(trace, "temperature_c")
    assert values.tolist()[:2] == [45.0, 46.0]
    assert np.isnan(values[2])
    assert last_known(values) == 46.0
    assert last_known(highest(trace, "frequency_khz")) is None
