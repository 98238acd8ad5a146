from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pibench.engine import RuntimeName
from pibench.graph import GraphBuilder
from pibench.memory import restart_peak_memory
from pibench.tflite import write
from pibench.worker.client import Worker, WorkerFailedError
from pibench.worker.protocol import (
    Inspect,
    Inspected,
    Load,
    Loaded,
    Prepare,
    Prepared,
    Profiled,
    ReadProfile,
    Run,
    Sampled,
    Unload,
    Unloaded,
)

MIB = 1 << 20


@pytest.fixture(scope="module")
def large_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """20 MiB of weights."""
    net = GraphBuilder("large")
    x = net.input((1, 4, 4, 512))
    for layer in range(2):
        with net.scope(f"layer{layer}"):
            x = net.conv(x, 512, 3)
    path = tmp_path_factory.mktemp("models") / "large.tflite"
    path.write_bytes(write(net.build(x)))
    return path


@pytest.mark.skipif(not restart_peak_memory(), reason="this kernel does not let the peak start anew")
def test_a_models_memory_is_its_own_whatever_was_loaded_before(
    runtime: RuntimeName, small_model: Path, large_model: Path
) -> None:
    grown = []
    with Worker() as worker:
        for model in (small_model, large_model, small_model, large_model):
            loaded = worker.ask(Load(str(model), runtime), Loaded)
            grown.append(loaded.peak_memory_bytes - loaded.baseline_memory_bytes)
            worker.ask(Unload(loaded.engine), Unloaded)
    _, large, small, large_again = grown
    assert small < 5 * MIB < 15 * MIB < large
    assert large_again == pytest.approx(large, rel=0.2)


def test_a_run_can_be_paced(runtime: RuntimeName, small_model: Path) -> None:
    period_ns = 1_000_000
    with Worker() as worker:
        loaded = worker.ask(Load(str(small_model), runtime), Loaded)
        start_ns = worker.ask(Run(loaded.engine, 10, period_ns=period_ns), Sampled).start_ns
    assert all(start >= start_ns[0] + k * period_ns for k, start in enumerate(start_ns))


def test_a_run_can_be_slowed_by_a_known_length(runtime: RuntimeName, small_model: Path) -> None:
    with Worker() as worker:
        loaded = worker.ask(Load(str(small_model), runtime), Loaded)
        plain = worker.ask(Run(loaded.engine, 100), Sampled)
        slowed = worker.ask(Run(loaded.engine, 100, extra_chain=1_000_000), Sampled)
    assert np.median(slowed.duration_ns) > 2 * np.median(plain.duration_ns)


def test_a_prepared_worker_measures_as_any_other(runtime: RuntimeName, small_model: Path) -> None:
    with Worker() as worker:
        try:
            worker.ask(Prepare(cpus=(0,), realtime=True, lock_memory=True), Prepared)
        except WorkerFailedError as error:
            pytest.skip(str(error))
        loaded = worker.ask(Load(str(small_model), runtime), Loaded)
        assert worker.ask(Run(loaded.engine, 3), Sampled)
        (record,) = worker.ask(Inspect(loaded.engine), Inspected).threads
    assert (record.asked, record.allowed, record.seen) == (None, (0,), (0,))


def test_a_model_that_is_gone_cannot_be_inspected(runtime: RuntimeName, small_model: Path) -> None:
    with Worker() as worker:
        loaded = worker.ask(Load(str(small_model), runtime), Loaded)
        worker.ask(Unload(loaded.engine), Unloaded)
        with pytest.raises(WorkerFailedError, match="no model is loaded as number 1"):
            worker.ask(Inspect(loaded.engine), Inspected)


@pytest.mark.parametrize("request_", [{"group": 0}, {"period_ns": -1}])
def test_a_nonsensical_run_ends_the_worker_with_its_cause(
    runtime: RuntimeName, small_model: Path, request_: dict[str, int]
) -> None:
    with Worker() as worker:
        loaded = worker.ask(Load(str(small_model), runtime), Loaded)
        with pytest.raises(WorkerFailedError) as error:
            worker.ask(Run(loaded.engine, 1, **request_), Sampled)
    assert "ValueError" in error.value.detail


def test_a_model_loaded_with_its_profiler_tells_the_operations_of_its_latest_run(
    runtime: RuntimeName, small_model: Path
) -> None:
    with Worker() as worker:
        loaded = worker.ask(Load(str(small_model), runtime, kernels="builtin", profile=True), Loaded)
        for samples in (4, 2):
            worker.ask(Run(loaded.engine, samples), Sampled)
            profiled = worker.ask(ReadProfile(loaded.engine), Profiled)
            operators = [event for event in profiled.events if event.kind == "operator"]
            assert [(event.name, event.node) for event in operators] == [
                ("CONV_2D", 0),
                ("MEAN", 1),
                ("FULLY_CONNECTED", 2),
            ]
            assert {len(event.ns) for event in profiled.events} == {samples}
            assert profiled.dropped == 0


def test_a_model_loaded_without_its_profiler_says_so_and_the_worker_lives_on(
    runtime: RuntimeName, small_model: Path
) -> None:
    with Worker() as worker:
        loaded = worker.ask(Load(str(small_model), runtime), Loaded)
        with pytest.raises(WorkerFailedError, match="without its profiler"):
            worker.ask(ReadProfile(loaded.engine), Profiled)
        worker.ask(Run(loaded.engine, 1), Sampled)
