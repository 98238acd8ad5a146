from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from boards import PI_3
from fake_roof import AVAILABLE_BYTES, CACHES, HELD_BACK, LIMITS, FakeRoofWorker, Limits
from fakes import FakeBoard

from pibench.errors import RooflineError
from pibench.roofline import Roofline, measure_roofline
from pibench.roofline.sampling import SAMPLE_NS
from pibench.worker.client import WorkerFailedError
from pibench.worker.protocol import Prepare, RunKernel


def measured(
    threads: Sequence[int], workers: Sequence[FakeRoofWorker] | None = None, **options: Any
) -> tuple[Roofline, list[FakeRoofWorker]]:
    made = list(workers or (FakeRoofWorker() for _ in range(3)))
    waiting = iter(made)
    found = measure_roofline(
        lambda timeout_s: next(waiting),
        threads,
        processes=len(made),
        device=PI_3,
        caches=CACHES,
        available_bytes=AVAILABLE_BYTES,
        **options,
    )
    return found, made


def kernels(worker: FakeRoofWorker) -> list[RunKernel]:
    return [request for request in worker.asked if isinstance(request, RunKernel)]


def test_the_limits_of_the_board_are_found() -> None:
    found, _ = measured([1, 4])
    for threads in (1, 4):
        roof = found.roof(threads)
        assert roof.peak_float32.median == pytest.approx(threads * LIMITS.float32_flops, rel=1e-5)
        assert roof.peak_int8.median == pytest.approx(threads * LIMITS.int8_ops, rel=1e-5)
        assert roof.bandwidth.median == pytest.approx(LIMITS.memory_bytes, rel=1e-5)
        assert roof.cache_bandwidth.median == pytest.approx(threads * LIMITS.cache_bytes, rel=1e-5)
    assert found.instructions.int8 == "int8 by hand"
    assert found.doubts == ()


def test_the_interval_is_over_processes_and_the_best_of_all() -> None:
    found, _ = measured([1], [FakeRoofWorker(slower=factor) for factor in (1.0, 1.02, 1.04)])
    peak = found.roof(1).peak_float32
    assert peak.low < LIMITS.float32_flops / 1.04 < peak.median < LIMITS.float32_flops < peak.high
    assert peak.best == pytest.approx(LIMITS.float32_flops, rel=1e-5)


def test_memory_is_measured_beyond_the_caches_in_all_threads_together() -> None:
    found, workers = measured([1, 2])
    sets = found.working_sets
    for request in kernels(workers[0]):
        if request.kernel == "triad":
            set_bytes = 12 * request.length
            assert set_bytes * request.threads == pytest.approx(
                sets.memory_bytes, rel=0.01
            ) or set_bytes == pytest.approx(sets.cache_bytes, rel=0.01)


def test_samples_are_long_and_calibrated_once() -> None:
    _, workers = measured([1])
    last = kernels(workers[0])[-4:]
    for request in last:
        worker = FakeRoofWorker()
        assert worker.ask(request, object).duration_ns[0] >= SAMPLE_NS / 2  # type: ignore[attr-defined]
    assert {(r.kernel, r.length, r.repetitions) for r in last} == {
        (r.kernel, r.length, r.repetitions) for r in kernels(workers[1])[-4:]
    }


def test_long_passes_over_memory_are_sampled_less_often() -> None:
    _, workers = measured([1], [FakeRoofWorker(Limits(memory_bytes=4e8)) for _ in range(2)])
    counts = {request.length > 10_000: request.samples for request in kernels(workers[1])[-4:]}
    assert counts == {False: 41, True: 5}


def test_cases_come_in_a_new_random_order_each_round_that_the_seed_repeats() -> None:
    def order(seed: int) -> list[tuple[str, int, int]]:
        _, workers = measured([1, 2], rounds=3, seed=seed)
        return [(r.kernel, r.threads, r.length) for worker in workers for r in kernels(worker)[-24:]]

    first = order(0)
    assert order(0) == first != order(1)
    rounds = [first[k : k + 8] for k in range(0, len(first), 8)]
    assert all(sorted(each) == sorted(rounds[0]) for each in rounds)
    assert len({tuple(each) for each in rounds}) > 1


def test_each_thread_gets_its_core_and_the_process_no_others() -> None:
    found, workers = measured([1, 2], cpus=(3, 1))
    assert workers[0].asked[0] == Prepare((1, 3))
    assert {(request.threads, request.cpus) for request in kernels(workers[0])} == {(1, (3,)), (2, (3, 1))}
    assert [roof.cpus for roof in found.roofs] == [(3,), (3, 1)]


def test_too_few_cores_are_refused_before_any_worker_starts() -> None:
    with pytest.raises(RooflineError, match="4 threads need as many cores"):
        measure_roofline(lambda timeout_s: pytest.fail("a worker was started"), [1, 4], cpus=(0, 1), device=PI_3)


def test_progress_counts_all_blocks() -> None:
    told: list[tuple[int, int]] = []
    measured([1, 2], rounds=2, progress=lambda number, total: told.append((number, total)))
    assert told == [(k, 3 * 2 * 8) for k in range(48)]


def test_a_worker_that_fails_ends_the_measurement_and_is_closed() -> None:
    worker = FakeRoofWorker(failure=WorkerFailedError("crash", "it died", ""))
    with pytest.raises(WorkerFailedError, match="it died"):
        measured([1], [worker])
    assert worker.closed


def test_a_board_that_was_held_back_makes_the_roof_untrusted() -> None:
    found, _ = measured([1], board=FakeBoard(trace=HELD_BACK))
    assert [(doubt.kind, doubt.grave) for doubt in found.doubts] == [("throttled", True)]


def test_other_work_before_makes_the_roof_untrusted() -> None:
    waiting = iter([FakeRoofWorker(), FakeRoofWorker()])
    found = measure_roofline(
        lambda timeout_s: next(waiting),
        [4],
        processes=2,
        device=msgspec.structs.replace(PI_3, busy_cores=1.0),
        caches=CACHES,
        available_bytes=AVAILABLE_BYTES,
    )
    assert [(doubt.kind, doubt.grave) for doubt in found.doubts] == [("busy_machine", True)]
