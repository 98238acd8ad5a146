from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path

import pytest
from fakes import DEVICE, MET, FakeBoard, FakeWorker, flags_trace, output
from small_net import small_graph

from pibench.graph import Graph, GraphBuilder
from pibench.measure.campaign import Campaign
from pibench.report import Condition, Protocol, Result, Session
from pibench.worker.client import WorkerFailedError
from pibench.worker.protocol import Load, Prepare

MS = 1_000_000
FAST = Protocol(processes=3, most_processes=3, seconds=0.3, warm_up_s=0.01)
A, B, C = (f"mobilenet_v1:depth=3,width={w}" for w in (4, 6, 8))


class Log:
    """Remembers what a campaign tells its listener."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, float, float]] = []
        self.states: list[tuple[Result, ...]] = []

    def progress(self, what: str, done: float, total: float) -> None:
        self.heard.append((what, done, total))

    def results_changed(self, results: Callable[[], Sequence[Result]], sessions: Sequence[Session]) -> None:
        self.states.append(tuple(results()))


def campaign_of(
    subjects: Sequence[str | Graph],
    conditions: Sequence[Condition] = (Condition(),),
    protocol: Protocol = FAST,
    worker: Callable[[float], FakeWorker] = lambda timeout_s: FakeWorker(),
    board: FakeBoard | None = None,
    log: Log | None = None,
    available_bytes: int = 1 << 30,
) -> Campaign:
    return Campaign(
        list(product(subjects, conditions)),
        protocol,
        DEVICE,
        20,
        worker=worker,
        board=board or FakeBoard(),
        listener=log or Log(),
        available_bytes=lambda: available_bytes,
    )


def run(subjects: Sequence[str | Graph], *arguments: object, **options: object) -> tuple[Result, ...]:
    with campaign_of(subjects, *arguments, **options) as campaign:  # type: ignore[arg-type]
        campaign.run()
        return campaign.results


class Workers:
    """Makes workers and remembers them."""

    def __init__(self, make: Callable[[], FakeWorker] = FakeWorker) -> None:
        self._make = make
        self.made: list[FakeWorker] = []
        self.limits: list[float] = []

    def __call__(self, timeout_s: float) -> FakeWorker:
        self.limits.append(timeout_s)
        self.made.append(self._make())
        return self.made[-1]


class CrashingOn(FakeWorker):
    """Dies when it loads one of these files."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self._names = names

    def ask(self, request, expected):  # type: ignore[no-untyped-def]
        if isinstance(request, Load) and Path(request.path).name in self._names:
            raise WorkerFailedError("crash", "the runtime crashed: SIGSEGV", "last words")
        return super().ask(request, expected)


def test_every_subject_is_measured_under_every_condition_in_every_process() -> None:
    conditions = [Condition(threads=1), Condition(threads=2)]
    results = run([A, B], conditions)
    assert [(r.subject.name, r.condition) for r in results] == [(s, c) for s in (A, B) for c in conditions]
    assert all([m.process for m in r.measurements] == [0, 1, 2] for r in results)


def test_all_models_share_a_fresh_worker_in_each_process() -> None:
    workers = Workers()
    run([A, B, C], worker=workers)
    assert len(workers.made) == 3
    assert all(worker.closed for worker in workers.made)
    assert all(sum(isinstance(r, Load) for r in worker.asked) == 3 for worker in workers.made)


def test_without_interleaving_each_model_has_a_worker_of_its_own_in_an_order_that_changes() -> None:
    workers = Workers()
    protocol = Protocol(processes=8, most_processes=8, seconds=0.8, warm_up_s=0.01, interleaved=False)
    run([A, B, C], protocol=protocol, worker=workers)
    orders = [next(Path(r.path).name for r in worker.asked if isinstance(r, Load)) for worker in workers.made]
    assert all(len(set(orders[k : k + 3])) == 3 for k in range(0, 24, 3))
    assert len({tuple(orders[k : k + 3]) for k in range(0, 24, 3)}) > 1


def test_the_rounds_name_results_by_their_place_in_the_report() -> None:
    with campaign_of([A, B], [Condition(threads=1), Condition(threads=2)]) as campaign:
        campaign.run()
        assert [session.process for session in campaign.sessions] == [0, 1, 2]
        assert all(sorted(turns) == [0, 1, 2, 3] for session in campaign.sessions for turns in session.rounds)


def test_where_memory_is_short_models_are_loaded_in_turn() -> None:
    workers = Workers()
    results = run([A, B, C], worker=workers, available_bytes=1)
    assert all(len(result.measurements) == 3 for result in results)
    kinds = [type(request).__name__ for request in workers.made[0].asked]
    assert [kind for kind in kinds if kind in ("Load", "Unload")] == ["Load", "Unload"] * 3


def test_a_precise_figure_leaves_the_later_processes_to_the_others() -> None:
    latencies = {"0.tflite": lambda made: MS, "1.tflite": lambda made: MS + 100_000 * (made % 2)}
    workers = Workers()
    workers._make = lambda: FakeWorker(latency_of=lambda path: latencies[Path(path).name](len(workers.made)))
    protocol = Protocol(processes=3, most_processes=6, seconds=0.6, warm_up_s=0.01)
    steady, wild = run([A, B], protocol=protocol, worker=workers)
    assert (len(steady.measurements), len(wild.measurements)) == (3, 6)


def test_progress_counts_processes_up_to_the_next_look() -> None:
    log = Log()
    run([A, B], log=log)
    assert [done for _, done, _ in log.heard] == sorted(done for _, done, _ in log.heard)
    assert {total for *_, total in log.heard} == {3}
    assert log.heard[-1][1] == pytest.approx(3)
    assert log.heard[0][0] == "process 1, 2 networks"


def test_results_are_told_after_every_session() -> None:
    log = Log()
    run([A, B], log=log)
    assert [sum(len(r.measurements) for r in state) for state in log.states] == [2, 4, 6]


def test_cores_and_privileges_reach_the_workers_before_any_model() -> None:
    workers = Workers()
    protocol = Protocol(processes=1, most_processes=1, seconds=0.1, timeout_s=7, realtime=True, lock_memory=True)
    run([A], [Condition(cpus=(3,)), Condition(threads=2, cpus=(3, 2))], protocol, worker=workers)
    assert workers.made[0].asked[0] == Prepare((2, 3), True, True)
    assert workers.limits == [7]


def test_the_board_cools_down_before_each_worker() -> None:
    board = FakeBoard()
    with campaign_of([A, B], board=board) as campaign:
        campaign.run()
        assert board.waits == 3
        assert [session.cool_down for session in campaign.sessions] == [MET] * 3


def test_samples_taken_while_throttled_are_set_aside_and_told() -> None:
    # Of each session's time, from 150 ms on, the firmware throttles.
    trace = flags_trace((0, 0), (100 * MS, 0), (200 * MS, 4), (10_000 * MS, 4))
    (result,) = run([A], board=FakeBoard(trace=trace))
    assert result.summary is not None
    assert result.summary.set_aside > 0
    assert "throttled" in [doubt.kind for doubt in result.doubts]
    for measurement in result.measurements:
        late = [k for k, start in enumerate(measurement.start_ns) if start > 200 * MS]
        assert set(late) <= set(measurement.set_aside)


def test_a_crash_costs_one_row_and_is_not_tried_again() -> None:
    workers = Workers(lambda: CrashingOn("1.tflite"))
    results = run([A, B, C], worker=workers)
    assert [r.summary is not None for r in results] == [True, False, True]
    failure = results[1].failure
    assert failure is not None
    assert (failure.kind, failure.detail) == ("crash", "last words")
    assert failure.message == f"{B}: the runtime crashed: SIGSEGV"
    # The first process began anew without the culprit.
    assert len(workers.made) == 4
    assert all(len(r.measurements) == 3 for r in (results[0], results[2]))


def test_all_models_crashing_comes_to_an_end() -> None:
    workers = Workers(lambda: CrashingOn("0.tflite", "1.tflite"))
    results = run([A, B], worker=workers)
    assert [r.failure.kind if r.failure else None for r in results] == ["crash", "crash"]
    assert len(workers.made) == 2


def test_a_process_lost_later_keeps_what_was_measured_and_is_untrusted() -> None:
    workers = Workers()
    workers._make = lambda: CrashingOn("0.tflite") if len(workers.made) == 1 else FakeWorker()
    (result,) = run([A], worker=workers)
    assert result.summary is not None
    assert result.summary.processes == 1
    assert result.doubts[0].kind == "process_lost"
    assert result.verdict == "untrusted"
    assert result.failure is not None


def test_an_interruption_keeps_what_the_session_has_so_far() -> None:
    class Interrupted(FakeWorker):
        def ask(self, request, expected):  # type: ignore[no-untyped-def]
            if self.now_ns > 250 * MS:
                raise KeyboardInterrupt
            return super().ask(request, expected)

    with campaign_of([A, B], worker=lambda timeout_s: Interrupted()) as campaign:
        with pytest.raises(KeyboardInterrupt):
            campaign.run()
        assert all(result.measurements for result in campaign.results)
        assert len(campaign.sessions) == 1


def test_workers_that_do_not_even_start_fail_their_rows_which_keep_what_they_have() -> None:
    lost = WorkerFailedError("crash", "the worker was killed", "")
    workers = Workers()
    workers._make = lambda: FakeWorker(fails_at={1: lost} if len(workers.made) > 0 else {})
    results = run([A, B], worker=workers)
    assert len(workers.made) == 3
    assert [(len(r.measurements), r.failure and r.failure.message) for r in results] == [(1, str(lost))] * 2


def test_a_worker_lost_once_at_its_start_costs_nothing() -> None:
    lost = WorkerFailedError("crash", "the worker was killed", "")
    workers = Workers()
    workers._make = lambda: FakeWorker(fails_at={1: lost} if len(workers.made) == 1 else {})
    results = run([A, B], worker=workers)
    assert [(len(r.measurements), r.failure) for r in results] == [(3, None)] * 2


def test_outputs_that_differ_between_runtimes_are_told() -> None:
    def worker(timeout_s: float) -> FakeWorker:
        return FakeWorker(outputs=lambda load: output(2.0 if load.runtime == "tflite" else 1.0))

    results = run([A], [Condition(), Condition(threads=2), Condition(runtime="tflite")], worker=worker)
    assert [r.verdict for r in results] == ["trusted", "trusted", "untrusted"]


def test_subjects_that_cannot_be_read_fail_without_a_trial_and_others_go_on(tmp_path: Path) -> None:
    workers = Workers()
    results = run([A, str(tmp_path / "none.tflite"), "mobilnet_v1", str(tmp_path)], worker=workers)
    assert [r.failure.kind if r.failure else None for r in results] == [None, "subject", "subject", "subject"]
    assert all(sum(isinstance(r, Load) for r in worker.asked) == 1 for worker in workers.made)


def test_pairs_need_be_no_product_and_a_subject_is_read_once() -> None:
    workers = Workers()
    pairs = [(A, Condition()), (B, Condition(threads=2)), (A, Condition(threads=2))]
    with Campaign(
        pairs, FAST, DEVICE, 20, worker=workers, board=FakeBoard(), listener=Log(), available_bytes=lambda: 1 << 30
    ) as campaign:
        campaign.run()
        results = campaign.results
    assert [(result.subject.name, result.condition) for result in results] == pairs
    loaded = {(Path(load.path).name, load.threads) for load in workers.made[0].asked if isinstance(load, Load)}
    assert loaded == {("0.tflite", 1), ("1.tflite", 2), ("0.tflite", 2)}


def test_a_runtime_that_is_missing_fails_only_its_own_condition(monkeypatch: pytest.MonkeyPatch) -> None:
    from pibench.errors import RuntimeMissingError
    from pibench.measure import campaign

    def find(name: str) -> None:
        if name == "tflite":
            raise RuntimeMissingError("not here")

    monkeypatch.setattr(campaign, "find_runtime", find)
    results = run([A], [Condition(runtime="litert"), Condition(runtime="tflite")])
    assert [r.failure.kind if r.failure else None for r in results] == [None, "runtime_missing"]


def test_a_damaged_model_is_explained_by_its_damage_not_by_the_crash(tmp_path: Path, small_model: Path) -> None:
    cut = tmp_path / "cut.tflite"
    cut.write_bytes(small_model.read_bytes()[:700])
    crash = WorkerFailedError("crash", "the runtime crashed: SIGBUS", "")
    (result,) = run([str(cut)], worker=lambda timeout_s: FakeWorker(fails_at={2: crash}))
    assert result.failure is not None
    assert result.failure.message == f"{cut} is damaged or truncated: copy or export it again"
    assert "SIGBUS" in result.failure.detail


def test_a_model_only_the_runtime_can_read_is_measured_with_a_doubt(tmp_path: Path, small_model: Path) -> None:
    cut = tmp_path / "cut.tflite"
    cut.write_bytes(small_model.read_bytes()[:700])
    (result,) = run([str(cut)])
    assert result.summary is not None
    assert result.subject.macs is None
    assert "unread_model" in [doubt.kind for doubt in result.doubts]


def test_a_record_tells_what_was_measured(small_model: Path) -> None:
    (result,) = run([str(small_model)])
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

    run([A], worker=lambda timeout_s: Watching())
    assert paths
    assert not any(path.exists() for path in paths)


def test_a_graph_is_a_subject_and_one_that_cannot_be_written_costs_its_own_row() -> None:
    net = GraphBuilder("huge")
    huge = net.build(net.dense(net.input((1, 40_000)), 30_000))
    refused, measured = run([huge, small_graph()])
    assert refused.failure is not None
    assert "huge" in refused.failure.message
    assert (measured.subject.name, measured.subject.kind) == (small_graph().name, "graph")
    assert measured.summary is not None
