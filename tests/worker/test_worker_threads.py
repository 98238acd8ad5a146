from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest
from fake_tasks import add_thread

from pibench.engine import RuntimeName
from pibench.graph import GraphBuilder
from pibench.report.samples import ThreadRecord
from pibench.tflite import write
from pibench.worker import threads as module
from pibench.worker.client import Worker, WorkerFailedError
from pibench.worker.privileges import available_cpus
from pibench.worker.protocol import Inspect, Inspected, Load, Loaded, Run, RunReference, Sampled
from pibench.worker.threads import EngineThreads

ME = threading.get_native_id()

needs_two_cores = pytest.mark.skipif(not {0, 1} <= available_cpus(), reason="cores 0 and 1 are not both granted")


@pytest.fixture(scope="module")
def convolutions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Work enough for the runtimes to divide it among threads."""
    net = GraphBuilder("convolutions")
    x = net.input((1, 32, 32, 16))
    for layer in range(3):
        with net.scope(f"layer{layer}"):
            x = net.activation(net.conv(x, 32, 3), "relu")
    path = tmp_path_factory.mktemp("models") / "convolutions.tflite"
    path.write_bytes(write(net.build(net.dense(net.global_average_pool(x), 10))))
    return path


def inspected(worker: Worker, load: Load, runs: int = 5) -> tuple[ThreadRecord, ...]:
    loaded = worker.ask(load, Loaded)
    for _ in range(runs):
        worker.ask(Run(loaded.engine, 3), Sampled)
    return worker.ask(Inspect(loaded.engine), Inspected).threads


def one_core_each(*cpus: int) -> tuple[ThreadRecord, ...]:
    return tuple(ThreadRecord(thread=number, asked=cpu, allowed=(cpu,), seen=(cpu,)) for number, cpu in enumerate(cpus))


@needs_two_cores
@pytest.mark.parametrize("cpus", [(0, 1), (1, 0)])
def test_each_thread_stays_on_the_core_it_is_given(
    runtime: RuntimeName, convolutions: Path, cpus: tuple[int, int]
) -> None:
    with Worker() as worker:
        assert inspected(worker, Load(str(convolutions), runtime, threads=2, cpus=cpus)) == one_core_each(*cpus)


@needs_two_cores
def test_a_single_thread_is_the_calling_one(runtime: RuntimeName, convolutions: Path) -> None:
    with Worker() as worker:
        assert inspected(worker, Load(str(convolutions), runtime, cpus=(1,))) == one_core_each(1)


@needs_two_cores
def test_threads_beyond_those_asked_for_take_turns_on_the_cores(convolutions: Path) -> None:
    # tflite-runtime's builtin kernels make a thread more than asked; the calling one waits for them.
    pytest.importorskip("tflite_runtime")
    with Worker() as worker:
        load = Load(str(convolutions), "tflite", threads=2, kernels="builtin", cpus=(0, 1))
        assert inspected(worker, load) == one_core_each(0, 1, 0)


def test_without_cores_threads_are_left_to_the_scheduler(runtime: RuntimeName, convolutions: Path) -> None:
    with Worker() as worker:
        records = inspected(worker, Load(str(convolutions), runtime, threads=2))
    assert [record.thread for record in records] == [0, 1]
    assert all(record.asked is None and set(record.seen) <= set(record.allowed) for record in records)


@needs_two_cores
def test_models_on_different_cores_do_not_disturb_each_others_place(runtime: RuntimeName, convolutions: Path) -> None:
    with Worker() as worker:
        loads = [Load(str(convolutions), runtime, cpus=cpus) for cpus in ((0,), (1,), ())]
        engines = [worker.ask(load, Loaded).engine for load in loads]
        for _ in range(3):
            for engine in engines:
                worker.ask(Run(engine, 2), Sampled)
                worker.ask(RunReference(1), Sampled)
        found = [worker.ask(Inspect(engine), Inspected).threads for engine in engines]
    assert found[:2] == [one_core_each(0), one_core_each(1)]
    assert set(found[2][0].allowed) >= {0, 1}


def test_a_model_for_a_core_that_is_not_there_is_refused_and_the_next_one_loads(
    runtime: RuntimeName, small_model: Path
) -> None:
    with Worker() as worker:
        with pytest.raises(WorkerFailedError, match="cannot be used") as error:
            worker.ask(Load(str(small_model), runtime, cpus=(4000,)), Loaded)
        assert error.value.kind == "not_permitted"
        assert worker.ask(Load(str(small_model), runtime), Loaded)


@pytest.fixture
def tasks(tmp_path: Path) -> Path:
    add_thread(tmp_path, ME, cpu=0, allowed="0")
    add_thread(tmp_path, 9001, cpu=1, allowed="1")
    add_thread(tmp_path, 9002, cpu=0, allowed="0-3")
    return tmp_path


def test_every_core_a_thread_was_seen_on_is_remembered(tasks: Path) -> None:
    threads = EngineThreads({9002, 9001}, (), {0, 1}, tasks)
    threads.look()
    shutil.rmtree(tasks / "9002")
    add_thread(tasks, 9002, cpu=3)
    threads.look()
    assert [record.seen for record in threads.records()] == [(0,), (1,), (0, 3)]


def test_a_thread_that_strays_is_told_as_it_is(tasks: Path) -> None:
    threads = EngineThreads({9001, 9002}, (0, 1, 2), {0, 1}, tasks)
    threads.look()
    assert threads.records()[2] == ThreadRecord(thread=2, asked=2, allowed=(0, 1, 2, 3), seen=(0,))


def test_a_thread_that_ended_is_left_out_and_the_others_keep_their_numbers(tasks: Path) -> None:
    threads = EngineThreads({9001, 9002}, (), {0, 1}, tasks)
    shutil.rmtree(tasks / "9001")
    threads.look()
    assert [record.thread for record in threads.records()] == [0, 2]


def test_pinning_passes_over_a_thread_that_ended(tasks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pinned = []

    def pin_thread(thread_id: int, cpus: tuple[int, ...]) -> None:
        if thread_id == 9001:
            raise ProcessLookupError
        pinned.append((thread_id, cpus))

    monkeypatch.setattr(module, "pin_thread", pin_thread)
    EngineThreads({9001, 9002}, (4, 5), {0, 1}, tasks).pin()
    assert pinned == [(9002, (4,))]


def test_the_calling_thread_goes_home_for_a_model_without_cores(tasks: Path) -> None:
    assert EngineThreads((), (), {0, 1}, tasks).calling_cpus == {0, 1}
    assert EngineThreads((), (1, 0), {0, 1}, tasks).calling_cpus == {1}
