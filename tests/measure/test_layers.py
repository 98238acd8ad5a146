from __future__ import annotations

from collections.abc import Sequence

import pytest
from fakes import CONDITION, measurement
from msgspec.structs import replace

from pibench.graph import Layer, TensorSpec
from pibench.graph.ops import Add, Conv, Multiply
from pibench.graph.tensor import Dtype
from pibench.measure.layers import FIXED_COPIES, LEAST_NS, MOST_COPIES, LayerPlan, copies_for
from pibench.measure.summary import summarise
from pibench.report import Doubt, Failure, Result, SubjectRecord

IMAGE = TensorSpec((1, 32, 32, 32))
CONV = Layer(Conv(filters=32, kernel=(3, 3), bias=True), (IMAGE,))
ADD = Layer(Add(), (IMAGE, IMAGE))


def result(name: str, by_process: Sequence[int], processes: Sequence[int] | None = None) -> Result:
    numbers = range(len(by_process)) if processes is None else processes
    taken = tuple(measurement([ns] * 3, process=p) for p, ns in zip(numbers, by_process, strict=True))
    subject = SubjectRecord(name=name, kind="graph")
    return Result(subject=subject, condition=CONDITION, measurements=taken, summary=summarise(taken), verdict="trusted")


def fixed_results(fixed_ns: Sequence[int], layer_ns: int = 10) -> list[Result]:
    return [result(f"{k} copies", [ns + k * layer_ns for ns in fixed_ns]) for k in FIXED_COPIES]


def test_small_layers_are_repeated_and_large_ones_are_not() -> None:
    assert copies_for(Layer(Multiply(), (TensorSpec((1, 1, 1, 8)),) * 2)) == MOST_COPIES
    assert copies_for(Layer(Conv(filters=256, kernel=(3, 3), bias=True), (TensorSpec((1, 32, 32, 256)),))) == 1


def test_equal_layers_share_a_model() -> None:
    plan = LayerPlan([CONV, ADD, CONV])
    assert len(plan.subjects) == len(FIXED_COPIES) + 2


@pytest.mark.parametrize(
    ("dtypes", "fixed"),
    [(("int8", "int8"), "int8"), (("int8", "float32"), "float32"), (("float32",), "float32"), ((), "float32")],
)
def test_the_fixed_time_is_of_int8_models_where_all_layers_are(dtypes: Sequence[Dtype], fixed: Dtype) -> None:
    layers = [Layer(Add(), (TensorSpec((1, 8, 8, 4 * k), dtype),) * 2) for k, dtype in enumerate(dtypes, 1)]
    for subject in LayerPlan(layers).subjects[: len(FIXED_COPIES)]:
        assert subject.graph is not None
        assert {subject.graph.spec(node.name).dtype for node in subject.graph.inputs} == {fixed}


def test_the_fixed_time_is_what_is_left_of_no_copies() -> None:
    plan = LayerPlan([])
    fixed = plan.fixed(fixed_results([900, 1100]))
    assert fixed is not None
    assert (fixed.interval.estimate, fixed.processes) == (pytest.approx(1000), 2)


def test_the_fixed_time_of_a_process_is_taken_from_what_that_process_measured() -> None:
    plan = LayerPlan([ADD])
    copies = copies_for(ADD)
    results = [*fixed_results([1000, 3000]), result("add", [1000 + copies * 500, 3000 + copies * 500])]
    latency = plan.latencies(results)[ADD]
    assert latency.interval == (pytest.approx(500), pytest.approx(500), pytest.approx(500))
    assert latency.trusted


def test_each_further_output_is_no_part_of_the_layer() -> None:
    plan = LayerPlan([ADD])
    copies = copies_for(ADD)
    # Of nothing: 10 ns a copy, 200 ns an output, 1000 ns beside them.
    few, many = 1, MOST_COPIES
    fixed = [
        result("one", [1000 + 200 + 10 * few] * 2),
        result("many", [1000 + 200 * many + 10 * many] * 2),
        result("chain", [1000 + 200 + 10 * many] * 2),
    ]
    results = [*fixed, result("add", [1000 + copies * (200 + 500)] * 2)]
    assert plan.latencies(results)[ADD].interval.estimate == pytest.approx(500)
    found = plan.fixed(results)
    assert found is not None
    assert found.interval.estimate == pytest.approx(1200)


def test_an_added_constant_is_timed_in_a_chain_with_one_output() -> None:
    shift = Layer(Add(constant=(32,), activation="relu"), (IMAGE,))
    plan = LayerPlan([shift, ADD])
    chain, parallel = (subject.graph for subject in plan.subjects[len(FIXED_COPIES) :])
    assert chain is not None
    assert parallel is not None
    assert (len(chain.outputs), len(parallel.outputs)) == (1, copies_for(ADD))
    copies = copies_for(shift)
    fixed = [result("one", [1210] * 2), result("many", [1000 + 210 * MOST_COPIES] * 2)]
    fixed.append(result("chain", [1200 + 10 * MOST_COPIES] * 2))
    results = [*fixed, result("shift", [1200 + copies * 700] * 2), result("add", [5000] * 2)]
    assert plan.latencies(results)[shift].interval.estimate == pytest.approx(700)


def test_a_wide_interval_is_no_disturbance_but_other_work_is() -> None:
    plan = LayerPlan([ADD])
    for kind, disturbed in (("wide_interval", False), ("processes_differ", False), ("preempted", True)):
        doubt = Doubt(kind=kind, message="", grave=True)  # type: ignore[arg-type]
        doubted = replace(result("add", [9000, 9500]), doubts=(doubt,), verdict="untrusted")
        latency = plan.latencies([*fixed_results([1000, 1000]), doubted])[ADD]
        assert (latency.trusted, latency.disturbed) == (False, disturbed)


def test_processes_without_a_fixed_time_do_not_count() -> None:
    plan = LayerPlan([ADD])
    results = [*fixed_results([1000, 1000]), result("add", [9000, 9000, 90_000])]
    assert plan.latencies(results)[ADD].processes == 2


def test_a_layer_that_failed_is_missing() -> None:
    plan = LayerPlan([ADD, CONV])
    lost = Result(
        subject=SubjectRecord(name="add", kind="graph"),
        condition=CONDITION,
        failure=Failure(kind="crash", message="gone"),
    )
    assert set(plan.latencies([*fixed_results([0, 0]), lost, result("conv", [5, 5])])) == {CONV}


def test_without_the_fixed_time_there_are_no_layers() -> None:
    plan = LayerPlan([ADD])
    nothing = [Result(subject=SubjectRecord(name="x", kind="graph"), condition=CONDITION) for _ in FIXED_COPIES]
    assert plan.fixed(nothing) is None
    assert plan.latencies([*nothing, result("add", [5])]) == {}


def test_a_layer_lost_in_the_noise_still_has_a_positive_time() -> None:
    plan = LayerPlan([ADD])
    latency = plan.latencies([*fixed_results([1000, 1000]), result("add", [900, 950])])[ADD]
    assert latency.interval.estimate == latency.interval.low == LEAST_NS
    assert not latency.trusted
