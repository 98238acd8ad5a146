from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from fakes import CONDITION, WARM_UP

from pibench.measure import duel as duel_module
from pibench.measure.asks import Asks
from pibench.measure.duel import BlockLatencies, Contestant, DuelProtocol, DuelSampler, DuelSamples, judged
from pibench.measure.settle import Settled
from pibench.report import Condition
from pibench.worker.client import WorkerFailedError
from pibench.worker.protocol import (
    Clock,
    Inspect,
    Inspected,
    Load,
    Loaded,
    Prepare,
    Prepared,
    ProbeClock,
    Request,
    Run,
    Sampled,
    Unload,
    Unloaded,
)

MS = 1_000_000
NAMES = ("a.tflite", "b.tflite")
CONTESTANTS = (Contestant("A", Path(NAMES[0]), CONDITION), Contestant("B", Path(NAMES[1]), CONDITION))


@pytest.fixture(autouse=True)
def warm_up_of_single_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that all runs of several samples are blocks."""

    def settle(asks: Asks, engine: int, *_: object) -> Settled:
        runs = [asks.ask(Run(engine, 1), Sampled).duration_ns[0] for _ in range(9)]
        return Settled(WARM_UP, float(np.median(runs)))

    monkeypatch.setattr(duel_module, "settle", settle)


class TwoModels:
    """A worker whose models take the time that a function of file and clock says."""

    def __init__(
        self, latency_ns: Callable[[str, int], float], whole: Callable[[str], bool] = lambda name: True
    ) -> None:
        self._latency_ns = latency_ns
        self._whole = whole
        self._names: dict[int, str] = {}
        self.asked: list[Request] = []
        self.blocks: list[str] = []
        self.now_ns = 0

    def __enter__(self) -> TwoModels:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def ask(self, request: Request, expected: type) -> object:
        self.asked.append(request)
        if isinstance(request, Prepare):
            return Prepared()
        if isinstance(request, Inspect):
            return Inspected((), ())
        if isinstance(request, ProbeClock):
            return Clock(step_ns=20, pair_ns=20, sample_ns=40)
        if isinstance(request, Load):
            number = len([r for r in self.asked if isinstance(r, Load)])
            self._names[number] = request.path
            return Loaded(
                engine=number,
                load_ns=1,
                first_inference_ns=self._invoke(request.path),
                baseline_memory_bytes=0,
                peak_memory_bytes=0,
                fully_delegated=self._whole(request.path),
            )
        if isinstance(request, Unload):
            del self._names[request.engine]
            return Unloaded()
        assert isinstance(request, Run)
        name = self._names[request.engine]
        if request.samples > 1:
            self.blocks.append(name)
        durations = [sum(self._invoke(name) for _ in range(request.group)) for _ in range(request.samples)]
        return Sampled([0] * request.samples, durations)

    def _invoke(self, name: str) -> int:
        duration = int(self._latency_ns(name, self.now_ns))
        self.now_ns += duration
        return duration


def sampled(
    latency_ns: Callable[[str, int], float],
    protocol: DuelProtocol | None = None,
    workers: list[TwoModels] | None = None,
) -> BlockLatencies:
    made = workers if workers is not None else []

    def make(timeout_s: float) -> TwoModels:
        made.append(TwoModels(latency_ns))
        return made[-1]

    protocol = protocol or DuelProtocol(seconds=0.3, warm_up_s=0.001)
    return run(protocol, make).latencies


def run(
    protocol: DuelProtocol,
    make: Callable[[float], TwoModels],
    contestants: tuple[Contestant, Contestant] = CONTESTANTS,
    **options: object,
) -> DuelSamples:
    return DuelSampler(contestants, protocol, worker=make, **options).run()  # type: ignore[arg-type]


def duel(latency_ns: Callable[[str, int], float], threshold: float = 0.01):  # type: ignore[no-untyped-def]
    return judged(sampled(latency_ns), threshold)


@pytest.mark.parametrize(
    ("ratio", "verdict"), [(1.0, "same"), (1.03, "slower"), (0.97, "faster"), (1.005, "same"), (2.0, "slower")]
)
def test_the_ratio_is_found_and_judged(ratio: float, verdict: str) -> None:
    result = duel(lambda name, now: MS * (ratio if name == "b.tflite" else 1))
    assert result.ratio == pytest.approx(ratio)
    assert result.verdict == verdict
    assert result.median_b_ns / result.median_a_ns == pytest.approx(ratio)


def test_a_machine_that_slows_down_meanwhile_slows_both() -> None:
    result = duel(lambda name, now: MS * (1 + now / 1e9) * (1.02 if name == "b.tflite" else 1))
    assert result.ratio == pytest.approx(1.02, abs=0.003)


def test_spikes_on_one_side_do_not_move_the_ratio() -> None:
    rng = np.random.default_rng(0)
    latencies = sampled(
        lambda name, now: MS * (10 if name == "b.tflite" and rng.random() < 0.05 else 1),
        DuelProtocol(seconds=1, warm_up_s=0.001),
    )
    assert judged(latencies, 0.01).verdict == "same"


def test_noise_larger_than_the_difference_leaves_it_undecided() -> None:
    rng = np.random.default_rng(1)
    latencies = [
        [[(MS, MS * float(np.exp(rng.normal(0, 0.05)))) for _ in range(10)] for _ in range(2)] for _ in range(2)
    ]
    assert judged(latencies, 0.001).verdict == "undecided"


def test_blocks_follow_each_other_as_abba_or_baab() -> None:
    workers: list[TwoModels] = []
    sampled(lambda name, now: MS, workers=workers)
    turns = "".join(name[0] for worker in workers for name in worker.blocks)
    groups = [turns[k : k + 4] for k in range(0, len(turns), 4)]
    assert set(groups) == {"abba", "baab"}


def test_both_are_loaded_afresh_for_every_instance_and_released() -> None:
    workers: list[TwoModels] = []
    protocol = DuelProtocol(processes=2, instances=5, seconds=0.1, warm_up_s=0)
    latencies = sampled(lambda name, now: MS, protocol, workers)
    assert [len(process) for process in latencies] == [5, 5]
    for worker in workers:
        loads = [request.path for request in worker.asked if isinstance(request, Load)]
        assert (loads.count("a.tflite"), loads.count("b.tflite")) == (5, 5)
        assert len([r for r in worker.asked if isinstance(r, Unload)]) == 10


def test_neither_is_always_loaded_first() -> None:
    workers: list[TwoModels] = []
    sampled(lambda name, now: MS, DuelProtocol(processes=2, instances=12, seconds=0.1, warm_up_s=0), workers)
    loads = [request.path for request in workers[0].asked if isinstance(request, Load)]
    assert len(set(loads[::2])) == 2


def test_the_same_seed_gives_the_same_order() -> None:
    def order(seed: int) -> list[str]:
        workers: list[TwoModels] = []
        sampled(lambda name, now: MS, DuelProtocol(seconds=0.2, warm_up_s=0, seed=seed), workers)
        return [name for worker in workers for name in worker.blocks]

    assert order(3) == order(3) != order(4)


def test_the_first_sample_of_a_block_does_not_count() -> None:
    class ColdStart(TwoModels):
        def ask(self, request: Request, expected: type) -> object:
            answer = super().ask(request, expected)
            if isinstance(answer, Sampled) and len(answer.duration_ns) > 1:
                answer.duration_ns[0] *= 1000
            return answer

    latencies = run(DuelProtocol(seconds=0.1, warm_up_s=0), lambda s: ColdStart(lambda name, now: MS)).latencies
    assert {pair for process in latencies for instance in process for pair in instance} == {(MS, MS)}


def test_short_models_are_grouped() -> None:
    workers: list[TwoModels] = []
    latencies = sampled(lambda name, now: 500, DuelProtocol(seconds=0.02, warm_up_s=0), workers)
    groups = {request.group for request in workers[0].asked if isinstance(request, Run) and request.samples > 1}
    assert groups == {40}
    assert latencies[0][0][0] == (500, 500)


def test_conditions_reach_the_worker() -> None:
    workers: list[TwoModels] = []
    contestants = (
        Contestant("A", Path("a.tflite"), Condition(threads=1)),
        Contestant("A", Path("a.tflite"), Condition(runtime="tflite", threads=2, kernels="builtin")),
    )

    def make(timeout_s: float) -> TwoModels:
        workers.append(TwoModels(lambda name, now: MS))
        return workers[-1]

    run(DuelProtocol(processes=2, seconds=0.1, warm_up_s=0, seed=5), make, contestants)
    loads = {(r.runtime, r.threads, r.kernels) for r in workers[0].asked if isinstance(r, Load)}
    assert loads == {("litert", 1, "xnnpack"), ("tflite", 2, "builtin")}


def test_progress_counts_instances() -> None:
    heard: list[Sequence[int]] = []
    run(
        DuelProtocol(processes=2, instances=2, seconds=0.1, warm_up_s=0),
        lambda s: TwoModels(lambda name, now: MS),
        progress=lambda number, total: heard.append((number, total)),
    )
    assert heard == [(0, 4), (1, 4), (2, 4), (3, 4)]


class Crashing(TwoModels):
    """Dies when it is asked for something of this kind."""

    def __init__(self, kind: type, path: str = "") -> None:
        super().__init__(lambda name, now: MS)
        self._kind = kind
        self._path = path

    def ask(self, request: Request, expected: type) -> object:
        if isinstance(request, self._kind) and self._path in (getattr(request, "path", ""), ""):
            raise WorkerFailedError("crash", "the runtime crashed", "its last words")
        return super().ask(request, expected)


@pytest.mark.parametrize("kind", [ProbeClock, Run, Unload])
def test_a_crash_is_not_hidden(kind: type) -> None:
    with pytest.raises(WorkerFailedError, match="the runtime crashed"):
        run(DuelProtocol(), lambda s: Crashing(kind))


def test_a_crash_names_the_one_that_crashed() -> None:
    with pytest.raises(WorkerFailedError, match=r"^B: the runtime crashed$") as error:
        run(DuelProtocol(), lambda s: Crashing(Load, NAMES[1]))
    assert (error.value.kind, error.value.detail) == ("crash", "its last words")


def test_a_crash_of_a_damaged_model_is_told_in_the_words_of_our_reader() -> None:
    damaged = CONTESTANTS[1]._replace(unread_because="b.tflite is damaged")
    with pytest.raises(WorkerFailedError, match=r"^b.tflite is damaged$") as error:
        run(DuelProtocol(), lambda s: Crashing(Load, NAMES[1]), (CONTESTANTS[0], damaged))
    assert error.value.detail == "the runtime crashed\nits last words"


def test_a_slow_model_is_not_run_more_often_than_needed() -> None:
    workers: list[TwoModels] = []
    sampled(lambda name, now: 1000 * MS, DuelProtocol(seconds=0.5, warm_up_s=0), workers)
    warm_up = 8 * 2 * 9
    invocations = sum(r.samples for w in workers for r in w.asked if isinstance(r, Run)) - warm_up
    assert invocations == 8 * 4


def test_a_warm_up_that_was_disturbed_does_not_shorten_the_sampling() -> None:
    make = lambda timeout_s: TwoModels(lambda name, now: 50 * MS if now < 200 * MS else MS)  # noqa: E731
    samples = run(DuelProtocol(seconds=4, warm_up_s=0.05), make)
    assert samples.sampling_ns > 3e9


@pytest.mark.parametrize("latency_ms", [0.3, 1, 8, 19])
def test_sampling_stays_within_its_seconds(latency_ms: float) -> None:
    make = lambda timeout_s: TwoModels(lambda name, now: latency_ms * MS)  # noqa: E731
    samples = run(DuelProtocol(seconds=2, warm_up_s=0), make)
    assert 1 <= samples.sampling_ns / 1e9 <= 2


def test_a_known_slowdown_reaches_one_side_alone_its_warm_up_included() -> None:
    workers: list[TwoModels] = []

    def make(timeout_s: float) -> TwoModels:
        workers.append(TwoModels(lambda name, now: MS))
        return workers[-1]

    slowed = CONTESTANTS[1]._replace(extra_chain=500)
    run(DuelProtocol(processes=2, seconds=0.1, warm_up_s=0.01), make, (CONTESTANTS[0], slowed))
    for worker in workers:
        paths = [request.path for request in worker.asked if isinstance(request, Load)]
        chains = {(paths[r.engine - 1], r.extra_chain) for r in worker.asked if isinstance(r, Run)}
        assert chains == {(NAMES[0], 0), (NAMES[1], 500)}


def test_processes_start_abreast_and_are_sampled_one_after_the_other() -> None:
    events: list[str] = []

    class Watched(TwoModels):
        def ask(self, request: Request, expected: type) -> object:
            events.append(type(request).__name__)
            return super().ask(request, expected)

        def __exit__(self, *_: object) -> None:
            events.append("end")

    protocol = DuelProtocol(processes=5, seconds=0.1, warm_up_s=0)
    latencies = run(protocol, lambda s: Watched(lambda name, now: MS), abreast=3).latencies
    assert len(latencies) == 5
    kept = [event for event in events if event in ("ProbeClock", "Unload", "end")]
    assert kept == [
        *["ProbeClock"] * 3, *["Unload"] * 6, *["end"] * 3,
        *["ProbeClock"] * 2, *["Unload"] * 4, *["end"] * 2,
    ]  # fmt: skip


def test_operations_outside_the_delegate_are_told_by_side() -> None:
    samples = run(
        DuelProtocol(processes=2, seconds=0.1, warm_up_s=0),
        lambda s: TwoModels(lambda name, now: MS, lambda name: name == NAMES[0]),
    )
    assert [sight.delegated for sight in samples.sights] == [True, False]


@pytest.mark.parametrize(("process_sd", "instance_sd"), [(0.0, 0.01), (0.006, 0.007)])
def test_models_of_equal_latency_are_rarely_called_different(process_sd: float, instance_sd: float) -> None:
    rng = np.random.default_rng(7)
    called = 0
    for _ in range(600):
        latencies = []
        for _process in range(8):
            shared, favour = rng.normal(0, 0.05), rng.normal(0, process_sd)
            a, b = np.exp(shared + np.array([0, favour]) + rng.normal(0, instance_sd, 2))
            noise = np.exp(rng.normal(0, 0.01, (20, 2)))
            latencies.append([[(MS * a * x, MS * b * y) for x, y in noise]])
        result = judged(latencies, 0.0)
        called += not result.low <= 1 <= result.high
    assert 0.02 <= called / 600 <= 0.08
