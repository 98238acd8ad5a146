from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import CONDITION, FakeWorker

from pibench.measure.trial import group_size, take
from pibench.report import Condition, Measurement, Protocol
from pibench.worker.client import WorkerFailedError
from pibench.worker.protocol import Load, Run

MS = 1_000_000
PROTOCOL = Protocol(processes=2, seconds=1.0, warm_up_s=0.1)


def steady(latency_ns: int) -> FakeWorker:
    return FakeWorker(lambda k: latency_ns)


def trial(
    worker: FakeWorker,
    protocol: Protocol = PROTOCOL,
    clock_step_ns: int = 1,
    temperature_c: Callable[[], float | None] = lambda: None,
) -> Measurement:
    return take(
        worker,
        Path("net.tflite"),
        CONDITION,
        protocol,
        process=3,
        clock_step_ns=clock_step_ns,
        temperature_c=temperature_c,
    )


def test_the_condition_and_seed_reach_the_worker() -> None:
    worker = steady(MS)
    condition = Condition(runtime="tflite", threads=2, kernels="builtin")
    take(
        worker,
        Path("a.tflite"),
        condition,
        Protocol(seed=9),
        process=0,
        clock_step_ns=1,
        temperature_c=lambda: None,
    )
    assert worker.asked[0] == Load("a.tflite", "tflite", 2, "builtin", 9)


def test_sampling_takes_this_processs_share_of_the_time() -> None:
    measured = trial(steady(MS))
    assert len(measured.duration_ns) == 500
    assert set(measured.duration_ns) == {MS}


def test_warm_up_lasts_as_long_as_asked_and_is_not_sampled() -> None:
    measured = trial(FakeWorker(lambda k: 5 * MS if k < 20 else MS))
    assert measured.warm_up_invocations >= 20
    assert set(measured.duration_ns) == {MS}


def test_a_slow_first_inference_does_not_end_the_warm_up() -> None:
    measured = trial(FakeWorker(lambda k: 500 * MS if k == 0 else MS))
    assert measured.warm_up_invocations >= 2
    assert measured.setup.first_inference_ns == 500 * MS


def test_no_warm_up_still_runs_twice_before_sampling() -> None:
    assert trial(steady(MS), Protocol(warm_up_s=0, processes=1, seconds=0.1)).warm_up_invocations >= 2


def test_a_slow_model_gets_its_least_number_of_samples() -> None:
    measured = trial(steady(300 * MS), Protocol(processes=5, seconds=1.0, min_samples=10))
    assert len(measured.duration_ns) == 10


def test_a_fast_model_stops_at_the_largest_number_of_samples() -> None:
    measured = trial(steady(1000), Protocol(processes=1, seconds=100, max_samples=700))
    assert len(measured.duration_ns) == 700


def test_blocks_are_short_enough_for_prompt_progress() -> None:
    worker = steady(10 * MS)
    trial(worker)
    assert max(request.samples for request in worker.asked if isinstance(request, Run)) <= 5


def test_a_model_of_no_measurable_time_comes_to_an_end() -> None:
    measured = trial(steady(0), Protocol(processes=1, seconds=1e-6, warm_up_s=1e-6, max_samples=50), clock_step_ns=1)
    assert len(measured.duration_ns) >= 10


@pytest.mark.parametrize(
    ("invocation_ns", "clock_step_ns", "group"),
    [(1_000_000, 20, 1), (20_000, 20, 1), (19_999, 20, 2), (550, 52, 95), (52_000, 52, 1), (0, 52, 52_000)],
)
def test_a_sample_is_a_thousand_clock_steps_or_longer(invocation_ns: float, clock_step_ns: int, group: int) -> None:
    assert group_size(invocation_ns, clock_step_ns) == group


def test_short_invocations_are_grouped_and_the_measurement_says_so() -> None:
    measured = trial(steady(550), clock_step_ns=52)
    assert measured.group == 95
    assert set(measured.duration_ns) == {95 * 550}


def test_temperatures_before_and_after_are_kept() -> None:
    readings = iter([40.0, 43.5])
    assert trial(steady(MS), temperature_c=lambda: next(readings)).temperatures_c == (40.0, 43.5)


def test_without_a_sensor_there_are_no_temperatures() -> None:
    assert trial(steady(MS)).temperatures_c == ()


def test_a_worker_that_dies_while_sampling_is_not_hidden() -> None:
    lost = WorkerFailedError("crash", "gone", "")
    with pytest.raises(WorkerFailedError) as error:
        trial(FakeWorker(lambda k: MS, fails_at={6: lost}))
    assert error.value is lost


def test_the_reference_is_sampled_before_each_block_and_after_the_last() -> None:
    worker = steady(10 * MS)
    measured = trial(worker, Protocol(processes=1, seconds=0.2, warm_up_s=0))
    kinds = [type(request).__name__ for request in worker.asked]
    sampling = kinds[kinds.index("RunReference") :]
    assert sampling == ["RunReference", "Run"] * 4 + ["RunReference"]
    assert len(measured.reference.duration_ns) == 5 * 5
    ends = [s + d for s, d in zip(measured.start_ns, measured.duration_ns, strict=True)]
    assert measured.reference.start_ns[-1] >= ends[-1]
