from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from fakes import DEVICE, FakeWorker

from pibench.measure.campaign import Campaign
from pibench.report import Condition, Protocol, Result
from pibench.worker.client import WorkerFailedError
from pibench.worker.protocol import Load

MS = 1_000_000
FAST = Protocol(processes=3, seconds=0.3, warm_up_s=0.01)
A, B, C = (f"mobilenet_v1:depth=3,width={w}" for w in (4, 6, 8))


class Log:
    """Remembers what a campaign tells its listener."""

    def __init__(self) -> None:
        self.trials: list[tuple[str, Condition, int, int]] = []
        self.states: list[tuple[Result, ...]] = []

    def trial_begins(self, subject: str, condition: Condition, number: int, total: int) -> None:
        self.trials.append((subject, condition, number, total))

    def results_changed(self, results: Sequence[Result]) -> None:
        self.states.append(tuple(results))


def run(
    subjects: Sequence[str],
    conditions: Sequence[Condition] = (Condition(),),
    protocol: Protocol = FAST,
    worker: Callable[[float], FakeWorker] = lambda timeout_s: FakeWorker(lambda k: MS),
) -> tuple[tuple[Result, ...], Log]:
    log = Log()
    with Campaign(
        subjects, conditions, protocol, DEVICE, 20, worker=worker, listener=log, temperature_c=lambda: None
    ) as campaign:
        campaign.run()
        return campaign.results, log


def test_every_subject_is_measured_under_every_condition_in_every_process() -> None:
    conditions = [Condition(threads=1), Condition(threads=2)]
    results, log = run([A, B], conditions)
    assert [(r.subject.name, r.condition) for r in results] == [(s, c) for s in (A, B) for c in conditions]
    assert all([m.process for m in r.measurements] == [0, 1, 2] for r in results)
    assert len(log.trials) == 12


def test_progress_counts_up_to_the_total() -> None:
    _, log = run([A, B])
    assert [(number, total) for _, _, number, total in log.trials] == [(k, 6) for k in range(6)]


def test_rounds_go_over_all_subjects_before_the_next_begins() -> None:
    _, log = run([A, B, C])
    names = [name for name, *_ in log.trials]
    assert all(set(names[k : k + 3]) == {A, B, C} for k in (0, 3, 6))


def test_the_order_changes_between_rounds_and_repeats_with_the_seed() -> None:
    def order(seed: int) -> list[str]:
        return [name for name, *_ in run([A, B, C], protocol=Protocol(processes=8, seconds=0.1, seed=seed))[1].trials]

    first = order(1)
    assert first == order(1) != order(2)
    assert len({tuple(first[k : k + 3]) for k in range(0, 24, 3)}) > 1


def test_results_are_told_after_every_trial() -> None:
    _, log = run([A, B])
    assert [sum(len(r.measurements) for r in state) for state in log.states] == [1, 2, 3, 4, 5, 6]


def test_each_trial_gets_a_fresh_worker_that_is_closed() -> None:
    workers: list[FakeWorker] = []

    def make(timeout_s: float) -> FakeWorker:
        workers.append(FakeWorker(lambda k: MS))
        return workers[-1]

    run([A, B], worker=make)
    assert len(workers) == 6
    assert all(worker.closed for worker in workers)


def test_the_time_limit_reaches_the_workers() -> None:
    limits = []

    def make(timeout_s: float) -> FakeWorker:
        limits.append(timeout_s)
        return FakeWorker(lambda k: MS)

    run([A], protocol=Protocol(processes=1, seconds=0.1, timeout_s=7), worker=make)
    assert limits == [7]


def test_a_crash_costs_one_row_and_is_not_tried_again() -> None:
    crash = WorkerFailedError("crash", "the runtime crashed: SIGSEGV", "last words")

    class Crashing(FakeWorker):
        def ask(self, request, expected):  # type: ignore[no-untyped-def]
            if isinstance(request, Load) and request.path.endswith("1.tflite"):
                raise crash
            return super().ask(request, expected)

    results, log = run([A, B, C], worker=lambda timeout_s: Crashing(lambda k: MS))
    assert [r.summary is not None for r in results] == [True, False, True]
    failure = results[1].failure
    assert failure is not None
    assert (failure.kind, failure.detail) == ("crash", "last words")
    assert failure.message == f"{B}: the runtime crashed: SIGSEGV"
    assert [name for name, *_ in log.trials].count(B) == 1


def test_a_process_lost_later_keeps_what_was_measured_and_is_a_doubt() -> None:
    made = 0

    def make(timeout_s: float) -> FakeWorker:
        nonlocal made
        made += 1
        fails = {1: WorkerFailedError("timeout", "no answer", "")} if made == 2 else {}
        return FakeWorker(lambda k: MS, fails)

    (result,), _ = run([A], worker=make)
    assert result.summary is not None
    assert result.summary.processes == 1
    assert result.doubts[0].kind == "process_lost"
    assert result.failure is not None


def test_subjects_that_cannot_be_read_fail_without_a_trial_and_others_go_on(tmp_path: Path) -> None:
    results, log = run([A, str(tmp_path / "none.tflite"), "mobilnet_v1", str(tmp_path)])
    assert [r.failure.kind if r.failure else None for r in results] == [None, "subject", "subject", "subject"]
    assert {name for name, *_ in log.trials} == {A}


def test_a_runtime_that_is_missing_fails_only_its_own_condition(monkeypatch: pytest.MonkeyPatch) -> None:
    from pibench.errors import RuntimeMissingError
    from pibench.measure import campaign

    def find(name: str) -> None:
        if name == "tflite":
            raise RuntimeMissingError("not here")

    monkeypatch.setattr(campaign, "find_runtime", find)
    results, _ = run([A], [Condition(runtime="litert"), Condition(runtime="tflite")])
    assert [r.failure.kind if r.failure else None for r in results] == [None, "runtime_missing"]


def test_a_damaged_model_is_explained_by_its_damage_not_by_the_crash(tmp_path: Path, small_model: Path) -> None:
    cut = tmp_path / "cut.tflite"
    cut.write_bytes(small_model.read_bytes()[:700])
    crash = WorkerFailedError("crash", "the runtime crashed: SIGBUS", "")
    (result,), _ = run([str(cut)], worker=lambda timeout_s: FakeWorker(lambda k: MS, {1: crash}))
    assert result.failure is not None
    assert result.failure.message == f"{cut} is damaged or truncated: copy or export it again"
    assert "SIGBUS" in result.failure.detail


def test_a_model_only_the_runtime_can_read_is_measured_with_a_doubt(tmp_path: Path, small_model: Path) -> None:
    cut = tmp_path / "cut.tflite"
    cut.write_bytes(small_model.read_bytes()[:700])
    (result,), _ = run([str(cut)])
    assert result.summary is not None
    assert result.subject.macs is None
    assert "unread_model" in [doubt.kind for doubt in result.doubts]


def test_a_record_tells_what_was_measured(small_model: Path) -> None:
    (result,), _ = run([str(small_model)])
    assert result.subject.kind == "file"
    assert result.subject.file_bytes == small_model.stat().st_size
    assert result.subject.macs == 8 * 8 * 8 * 27 + 80
    assert len(result.subject.digest or "") == 64


def test_models_written_for_the_run_are_gone_after_it() -> None:
    paths: list[Path] = []

    class Watching(FakeWorker):
        def ask(self, request, expected):  # type: ignore[no-untyped-def]
            if isinstance(request, Load):
                paths.append(Path(request.path))
                assert paths[-1].exists()
            return super().ask(request, expected)

    run([A], worker=lambda timeout_s: Watching(lambda k: MS))
    assert paths
    assert not any(path.exists() for path in paths)
