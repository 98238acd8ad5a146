from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from fakes import CONDITION, DEVICE, FakeBoard, FakeWorker
from msgspec.structs import replace

from pibench.graph import Graph, Layer, TensorSpec, copies_of
from pibench.graph.ops import Add, Conv
from pibench.measure import campaign
from pibench.measure.layers import FIXED_COPIES, copies_for
from pibench.models.architectures import build
from pibench.report import Protocol
from pibench.table.timing import LayerTimer, TimedLayers
from pibench.tflite import read
from pibench.worker.client import WorkerFailedError
from pibench.worker.protocol import Load

IMAGE = TensorSpec((1, 8, 8, 8))
CONV = Layer(Conv(filters=8, kernel=(3, 3), bias=True), (IMAGE,))
ADD = Layer(Add(), (IMAGE, IMAGE))
UNWRITABLE = Layer(Conv(filters=8, kernel=(3, 3), bias=True), (TensorSpec((1, 8, 8, 8), "int16"),))
FIXED_NS = 20_000
LAYER_NS = {CONV: 5_000, ADD: 700}
PROTOCOL = Protocol(processes=3, most_processes=3, seconds=0.03, warm_up_s=0.001, warm_up_limit_s=0, min_samples=9)


@pytest.fixture(autouse=True)
def every_runtime_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign, "find_runtime", lambda name: None)


def model_ns(path: str) -> int:
    """A fixed time for every model, and the layer's for each of its copies; nothing costs 10 ns."""
    graph = read(Path(path).read_bytes())
    nodes = [node for node in graph.nodes if node not in graph.inputs]
    each = {"conv": LAYER_NS[CONV], "add": LAYER_NS[ADD]}.get(nodes[0].op.kind, 10)
    return FIXED_NS + each * len(nodes)


class ModelWorker(FakeWorker):
    """Runs each model file as long as what is in it takes; dies of those that ``kills`` names."""

    def __init__(self, kills: Callable[[Graph], bool] = lambda graph: False) -> None:
        super().__init__(latency_of=self._latency)
        self._kills = kills
        self._known: dict[str, int] = {}

    def _latency(self, path: str) -> int:
        if path not in self._known:
            self._known[path] = model_ns(path)
        return self._known[path]

    def ask(self, request, expected):  # type: ignore[no-untyped-def]
        if isinstance(request, Load) and self._kills(read(Path(request.path).read_bytes())):
            raise WorkerFailedError("crash", "the runtime crashed: SIGSEGV", "")
        return super().ask(request, expected)


def has(kind: str) -> Callable[[Graph], bool]:
    return lambda graph: any(node.op.kind == kind for node in graph.nodes)


def timer_of(make: Callable[[], FakeWorker] = ModelWorker) -> LayerTimer:
    return LayerTimer(CONDITION, DEVICE, 20, worker=lambda timeout_s: make(), board=FakeBoard())


def timed(
    layers: Sequence[Layer], make: Callable[[], FakeWorker] = ModelWorker, protocol: Protocol = PROTOCOL
) -> TimedLayers:
    return timer_of(make).layers(layers, protocol)


def test_a_layer_has_its_own_time_without_the_fixed_one() -> None:
    found = timed([CONV, ADD])
    assert {layer: latency.interval.estimate for layer, latency in found.latencies.items()} == pytest.approx(LAYER_NS)
    assert found.fixed is not None
    assert found.fixed.interval.estimate == pytest.approx(FIXED_NS, abs=15)
    assert (found.failures, found.interrupted) == ({}, False)
    assert all(latency.processes == 3 and latency.trusted for latency in found.latencies.values())


def test_a_layer_of_which_the_worker_dies_does_not_cost_the_others() -> None:
    found = timed([CONV, ADD], lambda: ModelWorker(has("conv")))
    assert list(found.latencies) == [ADD]
    assert list(found.failures) == [CONV]
    assert found.failures[CONV].endswith("the runtime crashed: SIGSEGV")
    assert str(CONV) in found.failures[CONV]


def test_a_layer_that_cannot_be_written_does_not_cost_the_others() -> None:
    found = timed([UNWRITABLE, ADD])
    assert list(found.latencies) == [ADD]
    assert list(found.failures) == [UNWRITABLE]
    assert "throughout can be written" in found.failures[UNWRITABLE]


def test_of_layers_that_cannot_be_written_all_are_told() -> None:
    found = timed([UNWRITABLE])
    assert (found.latencies, list(found.failures)) == ({}, [UNWRITABLE])


def test_without_the_fixed_time_every_layer_fails_and_says_so() -> None:
    found = timed([CONV, ADD], lambda: ModelWorker(has("activation")))
    assert (found.latencies, found.fixed) == ({}, None)
    assert set(found.failures) == {CONV, ADD}
    assert all("the runtime crashed: SIGSEGV" in sentence for sentence in found.failures.values())


def test_a_single_process_is_no_figure() -> None:
    found = timed([ADD], protocol=replace(PROTOCOL, processes=1, most_processes=1))
    assert (found.latencies, found.fixed) == ({}, None)
    assert "too few processes gave a figure" in found.failures[ADD]


class Interrupted(ModelWorker):
    """Ctrl-C comes in the worker of this number."""

    made = 0

    def __init__(self, number: int) -> None:
        super().__init__()
        Interrupted.made += 1
        self._comes = Interrupted.made == number

    def ask(self, request, expected):  # type: ignore[no-untyped-def]
        if self._comes and self.now_ns > 0:
            raise KeyboardInterrupt
        return super().ask(request, expected)


@pytest.mark.parametrize(("number", "kept"), [(1, 0), (2, 0), (3, 2)])
def test_an_interruption_keeps_layers_that_two_processes_have_measured(number: int, kept: int) -> None:
    Interrupted.made = 0
    found = timed([CONV, ADD], lambda: Interrupted(number))
    assert found.interrupted
    assert len(found.latencies) == kept
    assert (found.fixed is not None) == (kept > 0)
    assert found.failures == {}


def test_whole_networks_are_timed_under_their_names() -> None:
    graphs = [build("mobilenet_v1:depth=3,width=4").renamed("net #1"), copies_of(CONV, 2, "net #2")]
    results, interrupted = timer_of().networks(graphs, PROTOCOL)
    assert not interrupted
    assert [result.subject.name for result in results] == ["net #1", "net #2"]
    assert results[1].summary is not None
    assert results[1].summary.latency_ns == pytest.approx(FIXED_NS + 2 * LAYER_NS[CONV])


def test_progress_is_told() -> None:
    heard: list[tuple[str, float, float]] = []
    timer = LayerTimer(
        CONDITION,
        DEVICE,
        20,
        worker=lambda timeout_s: ModelWorker(),
        board=FakeBoard(),
        progress=lambda *told: heard.append(told),
    )
    timer.layers([ADD], PROTOCOL)
    assert heard[0][0] == f"process 1, {1 + len(FIXED_COPIES)} networks"
    assert heard[-1][1:] == (3, 3)


def test_small_layers_are_timed_as_copies() -> None:
    paths: list[int] = []

    class Watching(ModelWorker):
        def ask(self, request, expected):  # type: ignore[no-untyped-def]
            if isinstance(request, Load):
                graph = read(Path(request.path).read_bytes())
                paths.append(len(graph.nodes) - len(graph.inputs))
            return super().ask(request, expected)

    timed([ADD], Watching, replace(PROTOCOL, processes=2, most_processes=2))
    assert sorted(set(paths)) == sorted({*FIXED_COPIES, copies_for(ADD)})


@pytest.mark.parametrize(
    ("dtypes", "fixed"),
    [(("int8", "int8"), "int8"), (("int8", "float32"), "float32"), (("float32", "int8"), "float32")],
)
def test_the_fixed_time_is_of_int8_only_where_all_layers_are(dtypes: Sequence[str], fixed: str) -> None:
    """So that it does not depend on which layer comes first."""
    seen: set[tuple[str, str]] = set()

    class Watching(ModelWorker):
        def ask(self, request, expected):  # type: ignore[no-untyped-def]
            if isinstance(request, Load):
                graph = read(Path(request.path).read_bytes())
                kinds = {node.op.kind for node in graph.nodes} - {"input"}
                seen.add((*kinds, graph.spec(graph.inputs[0].name).dtype))  # type: ignore[arg-type]
            return super().ask(request, expected)

    specs = [TensorSpec((1, 8, 8, 4 + k), dtype) for k, dtype in enumerate(dtypes)]  # type: ignore[arg-type]
    found = timed([Layer(Add(), (spec, spec)) for spec in specs], Watching)
    assert len(found.latencies) == 2
    assert {dtype for kind, dtype in seen if kind == "activation"} == {fixed}
    assert {dtype for kind, dtype in seen if kind == "add"} == set(dtypes)


def test_a_network_that_cannot_be_written_does_not_cost_the_others() -> None:
    graphs = [copies_of(CONV, 2, "net #1"), copies_of(UNWRITABLE, 2, "net #2"), copies_of(CONV, 3, "net #3")]
    (first, second, third), interrupted = timer_of().networks(graphs, PROTOCOL)
    assert not interrupted
    assert first.summary is not None
    assert third.summary is not None
    latencies = (first.summary.latency_ns, third.summary.latency_ns)
    assert latencies == pytest.approx((FIXED_NS + 2 * LAYER_NS[CONV], FIXED_NS + 3 * LAYER_NS[CONV]))
    assert second.failure is not None
    assert second.failure.kind == "subject"


def test_without_layers_the_fixed_time_is_of_float32() -> None:
    dtypes = []

    class Watching(ModelWorker):
        def ask(self, request, expected):  # type: ignore[no-untyped-def]
            if isinstance(request, Load):
                graph = read(Path(request.path).read_bytes())
                dtypes.append(graph.spec(graph.inputs[0].name).dtype)
            return super().ask(request, expected)

    found = timer_of(Watching).layers([], PROTOCOL)
    assert set(dtypes) == {"float32"}
    assert (found.latencies, found.failures) == ({}, {})
    assert found.fixed is not None
