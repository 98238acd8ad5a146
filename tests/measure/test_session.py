from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from fakes import FakeWorker

from pibench.measure.instance import BLOCK_NS, Instance, Model, added
from pibench.measure.session import ModelFailedError, SessionSampler
from pibench.report import Condition, Protocol, ThreadRecord, Usage
from pibench.worker.client import WorkerFailedError
from pibench.worker.protocol import Inspect, Load, Run, RunReference, Unload

MS = 1_000_000
FAST = Protocol(processes=1, most_processes=1, seconds=0.2, warm_up_s=0.01, warm_up_limit_s=0.02)
MODELS = [Model(index, Path(f"{index}.tflite"), Condition()) for index in range(4)]


def sampler(worker: FakeWorker, protocol: Protocol = FAST, models: list[Model] = MODELS, **options) -> SessionSampler:  # type: ignore[no-untyped-def]
    return SessionSampler(worker, models, protocol, process=0, clock_step_ns=1, **options)


def ran(worker: FakeWorker, protocol: Protocol = FAST, models: list[Model] = MODELS, **options) -> SessionSampler:  # type: ignore[no-untyped-def]
    session = sampler(worker, protocol, models, **options)
    session.run()
    return session


def test_all_models_are_loaded_before_any_is_sampled() -> None:
    worker = FakeWorker()
    ran(worker)
    kinds = [type(request) for request in worker.asked]
    assert kinds.count(Load) == kinds.count(Unload) == 4
    assert max(k for k, kind in enumerate(kinds) if kind is Load) < kinds.index(RunReference)


def test_models_take_turns_in_rounds_of_changing_order() -> None:
    session = ran(FakeWorker())
    assert all(sorted(order) == [0, 1, 2, 3] for order in session.rounds)
    assert len(set(session.rounds)) > 1


def test_the_recorded_rounds_are_the_order_of_the_blocks() -> None:
    worker = FakeWorker()
    session = ran(worker)
    engines = {k + 1: int(request.path[0]) for k, request in enumerate(worker.asked) if isinstance(request, Load)}
    sampled = worker.asked[[type(r) for r in worker.asked].index(RunReference) :]
    order = [engines[request.engine] for request in sampled if isinstance(request, Run)]
    assert order == [index for turns in session.rounds for index in turns]


def test_the_order_repeats_with_the_seed_and_differs_between_processes() -> None:
    def order(seed: int, process: int) -> list[tuple[int, ...]]:
        protocol = Protocol(processes=1, most_processes=1, seconds=0.2, seed=seed)
        session = SessionSampler(FakeWorker(), MODELS, protocol, process=process, clock_step_ns=1)
        session.run()
        return session.rounds

    assert order(1, 0) == order(1, 0)
    assert order(1, 0) != order(2, 0)
    assert order(1, 0) != order(1, 1)


def test_each_model_gets_its_share_of_time_and_no_more_than_a_block_over() -> None:
    for taken in ran(FakeWorker(lambda k: MS)).taken():
        assert 0.18e9 <= sum(taken.measurement.duration_ns) <= 0.2e9 + 2 * BLOCK_NS


def test_a_slow_model_gets_its_least_number_of_samples_in_blocks_of_a_few() -> None:
    (taken,) = ran(FakeWorker(lambda k: 300 * MS), models=MODELS[:1]).taken()
    assert 10 <= len(taken.measurement.duration_ns) <= 12
    assert set(taken.measurement.blocks) == {3}


def test_a_fast_model_stops_at_the_largest_number_of_samples() -> None:
    protocol = Protocol(processes=1, most_processes=1, seconds=10, max_samples=700)
    (taken,) = ran(FakeWorker(lambda k: 100_000), protocol, MODELS[:1]).taken()
    assert len(taken.measurement.duration_ns) == 700 == sum(taken.measurement.blocks)


def test_slow_and_fast_models_end_apart_and_waiting_ones_go_on() -> None:
    latencies = {"0.tflite": 100 * MS, "1.tflite": MS}
    session = ran(FakeWorker(latency_of=latencies.__getitem__), models=MODELS[:2])
    assert (0,) in session.rounds or (1,) in session.rounds


def test_the_first_sample_of_each_block_is_dropped() -> None:
    # Whoever comes after another model finds cold caches.
    class Cold(FakeWorker):
        def _run(self, request):  # type: ignore[no-untyped-def]
            sampled = super()._run(request)
            sampled.duration_ns[0] *= 10
            return sampled

    for taken in ran(Cold(lambda k: MS)).taken():
        assert set(taken.measurement.duration_ns) == {MS}


def test_the_reference_is_sampled_before_each_block() -> None:
    worker = FakeWorker()
    ran(worker)
    kinds = [type(r) for r in worker.asked]
    sampling = kinds[kinds.index(RunReference) : len(kinds) - kinds[::-1].index(Run)]
    assert sampling == [RunReference, Run] * (len(sampling) // 2)


def test_instances_are_loaded_afresh_one_after_the_other() -> None:
    worker = FakeWorker()
    session = ran(worker, Protocol(processes=1, most_processes=1, instances=2, seconds=0.2))
    taken = list(session.taken())
    assert sorted((t.index, t.measurement.instance) for t in taken) == [(m, i) for m in range(4) for i in (0, 1)]
    unloads = [k for k, request in enumerate(worker.asked) if isinstance(request, Unload)]
    loads = [k for k, request in enumerate(worker.asked) if isinstance(request, Load)]
    assert max(unloads[:4]) < min(loads[4:])


def test_batches_are_loaded_one_after_the_other() -> None:
    worker = FakeWorker()
    session = ran(worker, batched=lambda models: [models[:3], models[3:]])
    assert {len(turns) for turns in session.rounds} == {3, 1}
    assert len(list(session.taken())) == 4
    assert worker.loads == {}


def test_outputs_are_looked_at_after_loading_and_at_the_end() -> None:
    worker = FakeWorker()
    (taken,) = ran(worker, models=MODELS[:1]).taken()
    assert len(taken.outputs) == 2
    kinds = [type(r) for r in worker.asked]
    assert kinds[:2] == [Load, Inspect]
    assert kinds[-2:] == [Inspect, Unload]


def test_a_failure_names_the_model_at_work_and_its_cause() -> None:
    lost = WorkerFailedError("crash", "gone", "")

    class Crashing(FakeWorker):
        def ask(self, request, expected):  # type: ignore[no-untyped-def]
            if isinstance(request, Load) and request.path == "2.tflite":
                raise lost
            return super().ask(request, expected)

    with pytest.raises(ModelFailedError) as error:
        sampler(Crashing()).run()
    assert (error.value.model.index, error.value.cause) == (2, lost)


def test_a_failure_in_a_block_names_the_model_whose_block_it_was() -> None:
    class Crashing(FakeWorker):
        def ask(self, request, expected):  # type: ignore[no-untyped-def]
            if isinstance(request, RunReference):
                self.sampling = True
            if isinstance(request, Run) and getattr(self, "sampling", False):
                path = self.loads[request.engine].path
                raise WorkerFailedError("crash", path, "")
            return super().ask(request, expected)

    with pytest.raises(ModelFailedError) as error:
        sampler(Crashing()).run()
    assert str(error.value.model.path) == str(error.value.cause)


def test_what_was_taken_before_it_broke_off_is_there() -> None:
    class Interrupted(FakeWorker):
        def ask(self, request, expected):  # type: ignore[no-untyped-def]
            if self.now_ns > 400 * MS:
                raise KeyboardInterrupt
            return super().ask(request, expected)

    session = sampler(Interrupted())
    with pytest.raises(KeyboardInterrupt):
        session.run()
    assert sum(len(taken.measurement.duration_ns) for taken in session.taken()) > 50


def test_progress_rises_to_the_end() -> None:
    heard: list[float] = []
    ran(FakeWorker(), Protocol(processes=1, most_processes=1, instances=2, seconds=0.2), progress=heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == pytest.approx(1)


def test_the_condition_and_seed_reach_the_worker() -> None:
    worker = FakeWorker()
    condition = Condition(runtime="tflite", threads=2, kernels="builtin", cpus=(3, 1))
    protocol = Protocol(processes=1, most_processes=1, seconds=0.1, seed=9)
    Instance(worker, Model(0, Path("a"), condition), protocol, process=0, number=0, clock_step_ns=1)
    assert worker.asked[0] == Load("a", "tflite", 2, "builtin", 9, (3, 1))


def test_usage_adds_up_and_what_one_part_lacks_is_unknown() -> None:
    none = Usage(invocations=0)
    first = Usage(invocations=2, minor_faults=1, migrations=1, hardware={"cycles": 10, "instructions": 5})
    second = Usage(invocations=3, minor_faults=2, migrations=2, hardware={"cycles": 20})
    assert added(none, first) == first
    both = added(added(none, first), second)
    assert (both.invocations, both.minor_faults, both.migrations, both.hardware) == (5, 3, 3, {"cycles": 30})
    assert added(both, Usage(invocations=1)).migrations is None
    assert added(both, Usage(invocations=1)).hardware == {}


def test_a_model_that_is_alone_runs_back_to_back_and_nothing_is_dropped() -> None:
    worker = FakeWorker(lambda k: MS)
    protocol = Protocol(processes=1, most_processes=1, seconds=1, interleaved=False)
    (taken,) = ran(worker, protocol, MODELS[:1]).taken()
    assert taken.measurement.blocks == (500, 500)


def test_what_threads_did_is_told_only_when_it_was_seen_to_the_end() -> None:
    pinned = ThreadRecord(thread=0, asked=1, allowed=(1,), seen=(1,))
    (whole,) = ran(FakeWorker(threads=(pinned,)), models=MODELS[:1]).taken()
    assert whole.measurement.threads == (pinned,)
    broken = sampler(
        FakeWorker(threads=(pinned,), fails_at={12: WorkerFailedError("crash", "gone", "")}), FAST, MODELS[:1]
    )
    with pytest.raises(ModelFailedError):
        broken.run()
    assert [taken.measurement.threads for taken in broken.taken()] == [()]


def test_the_reference_runs_where_the_model_does() -> None:
    worker = FakeWorker()
    ran(worker)
    pairs = [(r.engine, n.engine) for r, n in pairwise(worker.asked) if isinstance(r, RunReference)]  # type: ignore[union-attr]
    assert pairs
    assert all(reference == model for reference, model in pairs)
