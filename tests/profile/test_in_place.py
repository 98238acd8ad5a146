from __future__ import annotations

import os
import signal
from pathlib import Path

import msgspec
import pytest
from profiling_worker import ProfilingWorker, event
from small_net import small_graph

from pibench.engine import KERNEL_MODES, KernelMode, RuntimeInfo, RuntimeName
from pibench.errors import EngineError
from pibench.profile.in_place import InPlace, measure_in_place
from pibench.report.model import Condition
from pibench.tflite import lower
from pibench.worker.client import Worker, WorkerFailedError
from pibench.worker.protocol import Load, ReadProfile, Run, Unload

GRAPH = lower(small_graph()).graph
CONV, MEAN, DENSE = (node.name for node in GRAPH.nodes if node.inputs)
OPERATORS = [event("CONV_2D", 700_000, 0), event("MEAN", 100_000, 1), event("FULLY_CONNECTED", 150_000, 2)]
INTERNAL = [
    event("Convolution (NHWC, F32) IGEMM", 700_000, 0, "delegate"),
    event("Mean (ND) Reduce2", 99_000, 1, "delegate"),
    event("Static Reshape (NC)", 0, 2, "delegate"),
    event("Fully Connected (NC, F32) GEMM", 149_000, 3, "delegate"),
]


def measured(worker: ProfilingWorker, rounds: int = 8, runs: int = 4, instances: int = 4, seed: int = 0) -> InPlace:
    return measure_in_place(
        worker,
        Path("/net.tflite"),
        Condition(),
        GRAPH,
        rounds=rounds,
        runs_per_round=runs,
        instances=instances,
        seed=seed,
    )


def test_each_layer_has_its_mean_without_the_first_inference_after_a_change() -> None:
    found = measured(ProfilingWorker(1_000_000, OPERATORS))
    assert [(layer.layers, layer.operations, layer.ns.estimate) for layer in found.layers] == [
        ((CONV,), ("CONV_2D",), 700_000),
        ((MEAN,), ("MEAN",), 100_000),
        ((DENSE,), ("FULLY_CONNECTED",), 150_000),
    ]
    assert found.unmapped == ()


def test_the_sum_is_held_against_the_whole_without_the_profiler() -> None:
    found = measured(ProfilingWorker(1_000_000, OPERATORS, cost_ns=(20_000,)))
    assert found.plain_ns.estimate == pytest.approx(1_000_000)
    assert found.profiled_ns.estimate == pytest.approx(1_020_000)
    assert found.sum_ns.estimate == pytest.approx(950_000)
    assert found.sum_ratio.estimate == pytest.approx(0.95)
    assert found.cost.estimate == pytest.approx(1.02)


def test_the_cost_is_as_uncertain_as_instances_differ() -> None:
    found = measured(ProfilingWorker(1_000_000, OPERATORS, cost_ns=(10_000, 30_000, 10_000, 30_000)))
    assert found.cost.low < 1.01
    assert found.cost.high > 1.03
    assert found.instances == 4


def test_operations_of_one_layer_add_up_and_say_how_coarse_they_are() -> None:
    # Half a microsecond is what whole ones lack on average.
    found = measured(ProfilingWorker(1_000_000, INTERNAL))
    assert [(layer.ns.estimate, layer.step_ns) for layer in found.layers] == [
        (700_500, 1000),
        (99_500, 1000),
        (150_000, 2000),
    ]
    assert {layer.step_ns for layer in measured(ProfilingWorker(1_000_000, OPERATORS)).layers} == {0}


def test_what_cannot_be_mapped_is_told_by_the_runtimes_name() -> None:
    found = measured(ProfilingWorker(1_000_000, [*INTERNAL, event("Copy (NC, X32)", 5_000, 4, "delegate")]))
    assert found.layers == ()
    assert [unmapped.operation for unmapped in found.unmapped] == [
        *(one.name for one in INTERNAL),
        "Copy (NC, X32)",
    ]
    assert found.unmapped[-1].ns.estimate == 5_500
    assert found.sum_ns.estimate == pytest.approx(955_500)


def test_a_network_that_cannot_be_followed_has_its_operations_all_the_same() -> None:
    found = measure_in_place(ProfilingWorker(1_000_000, OPERATORS), Path("/net.tflite"), Condition(), None, rounds=4)
    assert [unmapped.operation for unmapped in found.unmapped] == ["CONV_2D", "MEAN", "FULLY_CONNECTED"]


def test_spans_count_as_no_operation() -> None:
    found = measured(ProfilingWorker(1_000_000, [event("Invoke", 999_000, -1, "span"), *OPERATORS]))
    assert found.sum_ns.estimate == pytest.approx(950_000)
    assert len(found.layers) == 3


def test_dropped_inferences_are_counted() -> None:
    found = measured(ProfilingWorker(1_000_000, OPERATORS, dropped=2), rounds=8)
    assert (found.dropped, found.inferences) == (16, 32)


def test_both_engines_are_sampled_in_turns_whose_order_follows_the_seed() -> None:
    orders = []
    for seed in (0, 0, 1):
        worker = ProfilingWorker(1_000_000, OPERATORS)
        measured(worker, rounds=20, instances=1, seed=seed)
        blocks = [request for request in worker.asked if isinstance(request, (Run, ReadProfile))][-60:]
        orders.append([type(request).__name__ + str(request.engine) for request in blocks])
        rounds = [[request.engine for request in blocks[k : k + 2]] for k in range(0, 60, 3)]
        assert all(len(set(engines)) == 2 for engines in rounds)
        assert len({tuple(engines) for engines in rounds}) == 2
    assert orders[0] == orders[1] != orders[2]


def test_every_instance_is_loaded_with_and_without_and_released() -> None:
    worker = ProfilingWorker(1_000_000, OPERATORS)
    measured(worker, instances=3)
    assert sorted(request.profile for request in worker.asked if isinstance(request, Load)) == [False] * 3 + [True] * 3
    assert sum(isinstance(request, Unload) for request in worker.asked) == 6
    assert worker.loads == {}


def test_progress_reaches_the_end() -> None:
    heard: list[float] = []
    worker = ProfilingWorker(1_000_000, OPERATORS)
    measure_in_place(worker, Path("/net.tflite"), Condition(), GRAPH, rounds=5, progress=heard.append)
    assert heard == [pytest.approx(k / 5) for k in range(1, 6)]


def test_a_profiler_that_tells_nothing_is_an_error() -> None:
    with pytest.raises(EngineError, match="tells of no operation"):
        measured(ProfilingWorker(1_000_000, [event("Invoke", 999_000, -1, "span")]))


def test_a_profiler_that_has_no_room_for_one_inference_is_another_error() -> None:
    worker = ProfilingWorker(1_000_000, [], dropped=5)
    with pytest.raises(EngineError, match="no room for a single inference"):
        measured(worker, runs=4)


@pytest.mark.parametrize("kernels", KERNEL_MODES)
@pytest.mark.parametrize("threads", [1, 2])
def test_all_layers_of_a_real_network_are_found(
    runtime: RuntimeName, small_model: Path, kernels: KernelMode, threads: int
) -> None:
    condition = Condition(runtime=runtime, kernels=kernels, threads=threads)
    with Worker() as worker:
        found = measure_in_place(worker, small_model, condition, GRAPH, rounds=2, runs_per_round=5, instances=1)
    assert [layer.layers for layer in found.layers] == [(CONV,), (MEAN,), (DENSE,)]
    assert all(layer.ns.estimate > 0 for layer in found.layers)
    assert (found.unmapped, found.dropped) == ((), 0)


def test_it_survives_json(litert: RuntimeInfo, small_model: Path) -> None:
    with Worker() as worker:
        found = measure_in_place(worker, small_model, Condition(), GRAPH, rounds=2, runs_per_round=5, instances=1)
    assert msgspec.json.decode(msgspec.json.encode(found), type=InPlace) == found


def test_a_runtime_that_dies_in_its_profiler_takes_the_worker_alone(litert: RuntimeInfo, small_model: Path) -> None:
    with Worker() as worker:
        os.kill(worker._process.pid, signal.SIGSEGV)
        with pytest.raises(WorkerFailedError, match="the runtime crashed"):
            measure_in_place(worker, small_model, Condition(), GRAPH, rounds=4)
