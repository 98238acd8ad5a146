import typing

import numpy as np
import pytest
import tflite

from pibench.graph import TensorSpec, WeightSpec
from pibench.graph.ops import AnyOp, BatchNorm, Dropout, Input, Opaque
from pibench.tflite.codec import Constant, DecodeContext, EncodeContext, Operator, UndecodableError, decoders, encoders
from pibench.tflite.codec.base import activation_of, padding_of


def test_every_operation_that_is_deployed_can_be_written():
    assert set(encoders) == set(typing.get_args(AnyOp)) - {BatchNorm, Dropout, Input, Opaque}


def test_every_decoder_stands_for_a_code_of_the_schema():
    known = {code for name, code in vars(tflite.BuiltinOperator).items() if name.isupper()}
    assert set(decoders) <= known


@pytest.mark.parametrize(
    ("values", "dtype", "shape", "name"),
    [
        (3, "int32", (), "int32"),
        ((1, 2), "int32", (2,), "int32"),
        (((0, 1), (2, 3)), "int32", (2, 2), "int32"),
        (np.ones((2, 3), np.float32).T, None, (3, 2), "float32"),
    ],
)
def test_a_constant_has_its_nodes_name_its_shape_and_contiguous_values(values, dtype, shape, name):
    constant = EncodeContext("node", [], [], [], {}).constant("part", values, dtype)
    assert constant.name == "node/part"
    assert constant.spec == TensorSpec(shape, name)
    assert constant.values.flags.c_contiguous
    np.testing.assert_array_equal(constant.values, np.asarray(values))


def test_a_constants_integers_are_plain_and_flat():
    constant = Constant("c", TensorSpec((2, 2), "int32"), np.array([[1, 2], [3, 4]], np.int32))
    assert constant.integers() == (1, 2, 3, 4)
    assert {type(value) for value in constant.integers()} == {int}
    assert constant.weight("kernel") == WeightSpec("kernel", (2, 2), "int32")


def test_a_constant_without_values_has_no_integers():
    with pytest.raises(UndecodableError):
        Constant("c", TensorSpec((2,), "bfloat16"), None).integers()


def test_an_absent_operand_is_none_and_no_constant():
    constant = Constant("c", TensorSpec(()), None)
    node = DecodeContext(Operator(0, ["x", constant, None]), [], [])
    assert [node.operand(index) for index in range(4)] == ["x", constant, None, None]
    assert node.constant(1) is constant
    for index in (0, 2, 3):
        with pytest.raises(UndecodableError):
            node.constant(index)


@pytest.mark.parametrize(("code", "expected"), [(0, None), (1, "relu"), (3, "relu6")])
def test_fused_activations_have_the_schemas_codes(code, expected):
    assert activation_of({"FusedActivationFunction": code}) == expected


@pytest.mark.parametrize("code", [2, 4, 5, 100])
def test_an_activation_that_no_operation_here_fuses_cannot_be_decoded(code):
    with pytest.raises(UndecodableError):
        activation_of({"FusedActivationFunction": code})


@pytest.mark.parametrize(("code", "expected"), [(0, "same"), (1, "valid")])
def test_paddings_have_the_schemas_codes(code, expected):
    assert padding_of({"Padding": code}) == expected


def test_an_unknown_padding_cannot_be_decoded():
    with pytest.raises(UndecodableError):
        padding_of({"Padding": 2})
