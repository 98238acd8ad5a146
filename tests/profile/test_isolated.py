from __future__ import annotations

import pytest
from profiles import result

from pibench.graph import Graph, GraphBuilder, Node, TensorSpec, layers_of
from pibench.graph.ops import Input, Opaque
from pibench.measure.layers import FIXED_COPIES, copies_for
from pibench.profile.isolated import Isolation
from pibench.report import Failure, Result
from pibench.tflite import lower

FIXED_NS = 1000
LAYER_NS = 5000


def twin_net() -> Graph:
    """Two equal convolutions and a dense layer."""
    builder = GraphBuilder("twins")
    x = builder.input((1, 8, 8, 4))
    for name in ("a", "b"):
        x = builder.conv(x, 4, 3, name=name)
    x = builder.global_average_pool(x, name="pool")
    return lower(builder.build(builder.dense(x, 10, name="logits"))).graph


def timed(isolation: Isolation, graph: Graph, layer_ns: int = LAYER_NS, processes: int = 3) -> list[Result]:
    """Results of a machine on which every layer takes the same."""
    fixed = [result([FIXED_NS + copies * 10] * processes) for copies in FIXED_COPIES]
    layers = dict.fromkeys(layers_of(graph).values())
    cut = list(layers)[: len(isolation.subjects) - len(fixed)]
    return [*fixed, *(result([FIXED_NS + copies_for(layer) * layer_ns] * processes) for layer in cut)]


def test_equal_layers_are_timed_once_and_have_the_same_time() -> None:
    graph = twin_net()
    isolation = Isolation(graph)
    assert len(isolation.subjects) == len(FIXED_COPIES) + 3
    found = isolation.found(result([21_000] * 3), timed(isolation, graph))
    assert set(found.layers) == {"a", "b", "pool", "logits"}
    assert found.layers["a"] == found.layers["b"]
    assert found.missing == {}
    assert found.untrusted == ()


def test_the_sum_counts_every_layer_and_the_fixed_time_once() -> None:
    graph = twin_net()
    isolation = Isolation(graph)
    way = isolation.found(result([21_000] * 3), timed(isolation, graph)).way
    assert way is not None
    assert way.fixed.ns == pytest.approx(FIXED_NS)
    assert way.sum.ns == pytest.approx(FIXED_NS + 4 * LAYER_NS)
    assert way.ratio.ratio == pytest.approx(1.0)


def test_sums_are_made_process_by_process() -> None:
    graph = twin_net()
    isolation = Isolation(graph)
    slow_twice = [1, 2, 1]
    results = [
        result(
            [ns * factor for ns, factor in zip((m.duration_ns[0] for m in one.measurements), slow_twice, strict=True)]
        )
        for one in timed(isolation, graph)
    ]
    way = isolation.found(result([21_000 * factor for factor in slow_twice]), results).way
    assert way is not None
    assert way.ratio.ratio == pytest.approx(1.0)
    assert way.ratio.low == pytest.approx(1.0)
    assert way.sum.low_ns is not None
    assert way.sum.low_ns < way.sum.ns * 0.9


def test_a_layer_whose_model_fails_is_missing_with_the_reason_and_the_rest_goes_on() -> None:
    graph = twin_net()
    isolation = Isolation(graph)
    results = timed(isolation, graph)
    results[-1] = result([], failure=Failure(kind="crash", message="the runtime crashed"))
    found = isolation.found(result([21_000] * 3), results)
    assert found.missing == {"logits": "the runtime crashed"}
    assert found.way is not None
    assert found.way.sum.ns == pytest.approx(FIXED_NS + 3 * LAYER_NS)


def test_an_operation_that_pibench_does_not_know_cannot_be_cut_out() -> None:
    spec = TensorSpec((1, 4))
    nodes = [
        Node("in", Input(shape=spec.shape)),
        Node("odd", Opaque(name="NON_MAX_SUPPRESSION", outputs=(spec,)), ("in",)),
    ]
    isolation = Isolation(Graph("odd", nodes, ["odd"]))
    assert len(isolation.subjects) == len(FIXED_COPIES)
    found = isolation.found(result([1000] * 2), [result([1000] * 2)] * len(FIXED_COPIES))
    assert found.way is None
    assert found.missing == {"odd": "pibench does not know the operation NON_MAX_SUPPRESSION"}


def test_untrusted_figures_are_named() -> None:
    graph = twin_net()
    isolation = Isolation(graph)
    results = timed(isolation, graph)
    results[len(FIXED_COPIES)] = result([FIXED_NS + 40_000] * 3, verdict="untrusted")
    assert isolation.found(result([21_000] * 3), results).untrusted == ("a", "b")


def test_what_was_broken_off_before_a_layers_turn_says_so() -> None:
    graph = twin_net()
    isolation = Isolation(graph)
    nothing = [result([])] * len(isolation.subjects)
    found = isolation.found(result([21_000]), nothing)
    assert set(found.missing.values()) == {"it was not measured"}
    assert found.layers == {}


def test_a_single_process_bounds_nothing() -> None:
    graph = twin_net()
    isolation = Isolation(graph)
    found = isolation.found(result([21_000]), timed(isolation, graph, processes=1))
    assert found.layers["a"].ns == pytest.approx(LAYER_NS)
    assert found.layers["a"].low_ns is None
    assert found.way is not None
    assert found.way.ratio.low is None
