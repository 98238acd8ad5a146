from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pibench.errors import EngineError
from pibench.graph import GraphBuilder
from pibench.profile import processes as processes_module
from pibench.profile.in_place import InPlace, LayerTime, UnmappedTime
from pibench.profile.processes import FEWEST_RUNS, MOST_RUNS, InPlaceProcesses, combined
from pibench.report import Condition, Protocol
from pibench.stats import Interval
from pibench.subject import subject_of
from pibench.worker.client import WorkerFailedError

CRASH = WorkerFailedError("crash", "the runtime crashed", "last words")


def about(ns: float) -> Interval:
    return Interval(ns, ns, ns)


def padded_net() -> GraphBuilder:
    builder = GraphBuilder("padded")
    x = builder.pad(builder.input((1, 8, 8, 4)), [(0, 0), (1, 1), (1, 1), (0, 0)], name="pad")
    builder.conv(x, 4, 3, padding="valid", name="conv")
    return builder


GRAPH = padded_net().build("conv")


def one(
    *times: LayerTime,
    plain_ns: float = 1000,
    unmapped: tuple[UnmappedTime, ...] = (),
    cost: float = 1.0,
    dropped: int = 0,
) -> InPlace:
    return InPlace(
        layers=times,
        unmapped=unmapped,
        plain_ns=about(plain_ns),
        profiled_ns=about(plain_ns * cost),
        cost=about(cost),
        sum_ns=about(plain_ns),
        sum_ratio=about(1.0),
        instances=1,
        inferences=1,
        dropped=dropped,
    )


def conv(ns: float, step_ns: int = 0) -> LayerTime:
    return LayerTime(layers=("pad", "conv"), operations=("Convolution",), ns=about(ns), step_ns=step_ns)


def test_layers_done_at_once_have_one_time_at_the_one_that_is_the_most_work() -> None:
    found = combined([one(conv(900)), one(conv(900))], GRAPH)
    assert set(found.layers) == {"conv"}
    assert found.drawn_in == {"pad": "conv"}


def test_the_interval_is_what_processes_disagree_by() -> None:
    found = combined([one(conv(900)), one(conv(1000)), one(conv(950))], GRAPH)
    time = found.layers["conv"]
    assert time.low_ns is not None
    assert time.high_ns is not None
    assert 800 < time.low_ns < 900 < time.ns < 1000 < time.high_ns


def test_half_a_step_is_uncertain_however_well_processes_agree() -> None:
    time = combined([one(conv(500, 1000))] * 3, GRAPH).layers["conv"]
    assert (time.low_ns, time.high_ns) == (pytest.approx(0), pytest.approx(1000))


def test_layers_that_only_some_processes_told_of_are_left_out() -> None:
    assert combined([one(conv(900)), one()], GRAPH).layers == {}


def test_operations_of_no_layer_stand_together_by_name() -> None:
    copies = (UnmappedTime(operation="Copy", ns=about(10)), UnmappedTime(operation="Copy", ns=about(20)))
    (unmapped,) = combined([one(unmapped=copies), one(unmapped=copies)], GRAPH).way.unmapped
    assert (unmapped.name, unmapped.ns) == ("Copy", pytest.approx(30))


def test_the_profilers_cost_is_over_processes() -> None:
    assert combined([one(cost=1.01), one(cost=1.03)], GRAPH).way.cost.ratio == pytest.approx(1.02, abs=1e-3)


def test_dropped_inferences_of_all_processes_are_counted() -> None:
    assert combined([one(dropped=2), one(), one(dropped=1)], GRAPH).way.dropped == 3


class World:
    """Workers that can be prepared, and profiles taken from a script."""

    def __init__(self, script: Callable[[int], InPlace]) -> None:
        self._script = script
        self.asked: list[object] = []
        self.runs: list[int] = []

    def __call__(self, timeout_s: float) -> World:
        return self

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def ask(self, request: object, expected: type) -> object:
        self.asked.append(request)
        return None

    def measure(self, *_: object, runs_per_round: int, **__: object) -> InPlace:
        self.runs.append(runs_per_round)
        return self._script(len(self.runs))


def taken(
    monkeypatch: pytest.MonkeyPatch, script: Callable[[int], InPlace], expected_ns: float = 1e5
) -> tuple[InPlaceProcesses, World]:
    world = World(script)
    monkeypatch.setattr(processes_module, "measure_in_place", world.measure)
    processes = InPlaceProcesses(
        subject_of(GRAPH),
        Path("model.tflite"),
        GRAPH,
        Condition(cpus=(3, 2)),
        Protocol(processes=3),
        worker=world,
        expected_ns=expected_ns,
    )
    processes.run()
    return processes, world


def test_every_process_is_a_fresh_worker_on_its_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    processes, world = taken(monkeypatch, lambda number: one(conv(900)))
    assert [request.cpus for request in world.asked] == [(2, 3)] * 3
    found = processes.found()
    assert found is not None
    assert found.layers["conv"].ns == pytest.approx(900)
    assert processes.failure is None


@pytest.mark.parametrize(("error", "kind"), [(CRASH, "crash"), (EngineError("it tells of nothing"), "error")])
def test_a_failure_ends_the_run_and_keeps_what_there_is(
    error: Exception, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def script(number: int) -> InPlace:
        if number == 3:
            raise error
        return one(conv(900))

    processes, _ = taken(monkeypatch, script)
    assert processes.failure is not None
    assert processes.failure.kind == kind
    assert str(error) in processes.failure.message
    assert processes.found() is not None


def test_without_any_process_there_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def script(number: int) -> InPlace:
        raise CRASH

    assert taken(monkeypatch, script)[0].found() is None


@pytest.mark.parametrize(("expected_ns", "runs"), [(1e4, MOST_RUNS), (3e6, 8), (1e9, FEWEST_RUNS)])
def test_slow_networks_are_run_less_often(expected_ns: float, runs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert taken(monkeypatch, lambda number: one(), expected_ns)[1].runs == [runs] * 3
