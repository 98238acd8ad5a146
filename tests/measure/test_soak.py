from __future__ import annotations

import pytest
from soak_world import BOOTED, MINUTE, MODEL, MS, SECOND, ScriptedWorker, World, hot_board, soak_of, taken

from pibench.errors import PibenchError
from pibench.measure import soak as soak_module
from pibench.measure.soak import MOST_SAMPLES, Moment, Plan, planned
from pibench.worker.client import WorkerFailedError
from pibench.worker.protocol import Inspect, Load, Prepare, Run, RunReference


def test_back_to_back_a_sample_is_a_group_of_about_ten_milliseconds() -> None:
    measurement = taken(World(lambda t: 0.3 * MS), Plan(10 * SECOND))
    assert measurement.group == 34
    assert measurement.duration_ns[0] == pytest.approx(10.2 * MS, rel=0.05)


def test_a_slow_model_is_sampled_one_by_one() -> None:
    assert taken(World(lambda t: 300 * MS), Plan(10 * SECOND)).group == 1


def test_it_ends_with_the_time_that_was_asked_for() -> None:
    measurement = taken(World(), Plan(MINUTE))
    elapsed = measurement.start_ns[-1] + measurement.duration_ns[-1] - measurement.start_ns[0]
    assert abs(elapsed - MINUTE) < 20 * MS


def test_ten_minutes_and_a_week_both_make_a_report_of_bounded_size() -> None:
    assert len(taken(World(), Plan(10 * MINUTE)).start_ns) < 65_000
    week = Plan(7 * 24 * 60 * MINUTE)
    worker = ScriptedWorker(World(lambda t: MS))
    soak = soak_of(World(), week, worker)
    soak._load()
    assert week.duration_ns / soak._sample_ns < MOST_SAMPLES / 2


def test_a_model_that_gets_faster_than_planned_cannot_burst_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak_module, "MOST_SAMPLES", 1000)
    world = World(lambda t: 50 * MS if t < SECOND else MS)
    assert len(taken(world, Plan(10 * MINUTE)).start_ns) == 1000


def test_blocks_add_up_and_the_reference_is_sampled_after_each() -> None:
    world = World()
    worker = ScriptedWorker(world)
    measurement = taken(world, Plan(5 * SECOND), worker)
    assert sum(measurement.blocks) == len(measurement.start_ns) == len(measurement.duration_ns)
    assert len(measurement.blocks) > 8
    assert sum(isinstance(request, RunReference) for request in worker.asked) == len(measurement.blocks)
    assert measurement.usage.invocations == len(measurement.start_ns) * measurement.group


def test_only_what_finds_the_group_comes_before_the_samples() -> None:
    measurement = taken(World(), Plan(SECOND))
    assert measurement.warm_up.settling == "not_asked"
    assert measurement.warm_up.invocations < 10
    assert measurement.start_ns[0] - BOOTED < 100 * MS


def test_the_worker_is_prepared_and_loaded_under_the_condition() -> None:
    world = World()
    worker = ScriptedWorker(world)
    measurement = taken(world, Plan(SECOND), worker)
    assert worker.asked[0] == Prepare((2, 3))
    assert worker.asked[1] == Load(str(MODEL), "litert", 2, "xnnpack", 7, (3, 2))
    assert isinstance(worker.asked[-1], Inspect)
    assert measurement.output_digest


def test_with_a_period_a_sample_is_one_frame_and_the_beat_goes_on_over_blocks() -> None:
    world = World()
    worker = ScriptedWorker(world)
    measurement = taken(world, Plan(10 * SECOND, period_ns=SECOND // 25), worker)
    assert measurement.group == 1
    assert len(measurement.start_ns) == 250
    gaps = {after - before for before, after in zip(measurement.start_ns[:-1], measurement.start_ns[1:], strict=True)}
    assert gaps == {SECOND // 25}
    runs = [request for request in worker.asked if isinstance(request, Run) and request.period_ns]
    assert {run.samples for run in runs} == {25}


def test_a_block_is_short_beside_the_silence_that_a_worker_is_granted() -> None:
    world = World()
    worker = ScriptedWorker(world)
    soak_of(world, Plan(5 * SECOND), worker, timeout_s=0.4).run()
    runs = [request for request in worker.asked if isinstance(request, Run)]
    assert max(run.samples * run.group for run in runs) * 4 * MS <= 0.2 * SECOND


def test_progress_is_told_after_each_block() -> None:
    moments: list[Moment] = []
    soak_of(World(), Plan(5 * SECOND)).run(moments.append)
    assert [m.elapsed_ns for m in moments] == sorted(m.elapsed_ns for m in moments)
    assert moments[-1].elapsed_ns >= 5 * SECOND
    assert moments[-1].latency_ns == pytest.approx(4 * MS, rel=0.02)


@pytest.mark.parametrize("failure", [WorkerFailedError("crash", "the runtime crashed", ""), KeyboardInterrupt()])
def test_what_was_taken_before_a_crash_or_ctrl_c_is_kept(failure: BaseException) -> None:
    world = hot_board()
    soak = soak_of(world, Plan(10 * MINUTE), ScriptedWorker(world, 2 * MINUTE, failure))
    with pytest.raises(type(failure)):
        soak.run()
    measurement = soak.measurement()
    assert measurement is not None
    assert sum(measurement.blocks) == len(measurement.start_ns)
    assert measurement.start_ns[-1] - measurement.start_ns[0] > 1.9 * MINUTE


@pytest.mark.parametrize("at", [0, 1])
def test_without_any_sample_there_is_no_measurement(at: int) -> None:
    world = World()
    soak = soak_of(world, Plan(SECOND), ScriptedWorker(world, at, WorkerFailedError("crash", "it crashed", "")))
    with pytest.raises(WorkerFailedError):
        soak.run()
    assert soak.measurement() is None


def test_a_plan_counts_frames_and_refuses_what_no_report_takes() -> None:
    assert planned(10, None) == Plan(10 * MINUTE)
    assert planned(10, 30) == Plan(10 * MINUTE, 33_333_333)
    with pytest.raises(PibenchError, match="give 69 minutes at the most"):
        planned(600, 60)
