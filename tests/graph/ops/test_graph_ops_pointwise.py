import typing

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import mutually_broadcastable_shapes

from pibench.errors import GraphError
from pibench.graph import GraphBuilder, TensorSpec, WeightSpec
from pibench.graph.ops import Activation, ActivationFunction, Add, Dropout, Multiply, Softmax

X = (1, 4, 6, 8)


@pytest.mark.parametrize(
    "op",
    [*(Activation(function=name) for name in typing.get_args(ActivationFunction)), Softmax(), Dropout(rate=0.5)],
    ids=lambda op: op.label,
)
def test_shape_and_type_pass_through_what_works_element_by_element(single, op):
    graph = single(op, X, dtype="float16")
    assert graph.spec("node") == TensorSpec(X, "float16")
    assert (graph.total_macs, graph.total_parameters) == (0, 0)
    with pytest.raises(GraphError, match=r"node 'node' .* one input, not 2"):
        single(op, X, X)


@pytest.mark.parametrize("kind", [Add, Multiply])
@pytest.mark.parametrize(
    ("left", "right", "output"),
    [(X, X, X), (X, (1, 1, 1, 8), X), ((1, 1, 1, 8), X, X), (X, (8,), X), ((8,), X, X), (X, (), X), ((), (), ())],
)
def test_operands_are_broadcast(single, kind, left, right, output):
    assert single(kind(), left, right).spec("node").shape == output


@given(mutually_broadcastable_shapes(num_shapes=2, max_dims=4))
def test_broadcasting_agrees_with_numpy(shapes):
    left, right = shapes.input_shapes
    (output,) = Add().infer([TensorSpec(left), TensorSpec(right)])
    assert output.shape == np.broadcast_shapes(left, right)


@pytest.mark.parametrize(("kind", "name"), [(Add, "add"), (Multiply, "multiply")])
@pytest.mark.parametrize(("left", "right"), [(X, (1, 4, 6, 7)), ((2, 3), (3, 2)), (X, (4,))])
def test_a_mismatched_pair_is_refused_with_the_nodes_name_and_both_shapes(single, kind, name, left, right):
    with pytest.raises(GraphError) as refusal:
        single(kind(), left, right)
    shapes = f"{TensorSpec(left)} and {TensorSpec(right)}"
    assert str(refusal.value) == f"node 'node' ({name}) cannot combine shapes {shapes}"


def test_a_mismatched_constant_is_refused_with_the_nodes_name(single):
    with pytest.raises(GraphError, match=r"node 'node' \(multiply\) .* 1×4×6×8 and 7"):
        single(Multiply(constant=(7,)), X)


@pytest.mark.parametrize(("op", "count"), [(Add(), 1), (Add(), 3), (Multiply(constant=(8,)), 2), (Add(), 0)])
def test_a_wrong_number_of_operands_is_refused(single, op, count):
    with pytest.raises(GraphError, match=rf"node 'node' .* not {count}"):
        single(op, *[X] * count)


@pytest.mark.parametrize("kind", [Add, Multiply])
def test_a_constant_operand_is_a_weight_of_the_node(single, kind):
    graph = single(kind(constant=(8,)), X)
    assert graph.weights(graph.nodes[-1]) == (WeightSpec("constant", (8,)),)
    assert graph.spec("node").shape == X
    assert graph.total_parameters == 8


def test_two_operands_own_no_weights(single):
    graph = single(Add(), X, X)
    assert graph.weights(graph.nodes[-1]) == ()


def test_operands_of_different_types_are_refused():
    net = GraphBuilder("net")
    left, right = net.input(X, name="left"), net.input(X, name="right", dtype="int8")
    with pytest.raises(GraphError, match=r"node 'add' \(add\)"):
        net.add_tensors(left, right)


@pytest.mark.parametrize(
    ("op", "label"),
    [
        (Activation(function="leaky_relu"), "leaky_relu"),
        (Add(), "add"),
        (Add(activation="relu"), "add + relu"),
        (Multiply(constant=(8,)), "multiply constant"),
        (Add(constant=(8,), activation="relu6"), "add constant + relu6"),
    ],
)
def test_labels_show_constants_and_fused_activations(op, label):
    assert op.label == label


@pytest.mark.parametrize("rate", [-0.1, 1.0, 2])
def test_a_dropout_rate_outside_its_range_is_refused(single, rate):
    with pytest.raises(GraphError, match=r"node 'node' .*rate"):
        single(Dropout(rate=rate), X)


def test_an_unknown_activation_is_refused_with_its_name(single):
    with pytest.raises(GraphError, match=r"node 'node' .*'gelu'"):
        single(Activation(function="gelu"), X)
