"""ADD, MUL, SOFTMAX, and the activations that stand alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tflite import BuiltinOperator

from pibench.graph.ops import Activation, Add, Multiply, Softmax
from pibench.tflite.codec.base import (
    FUSED,
    Constant,
    DecodeContext,
    EncodeContext,
    Operand,
    Operator,
    UndecodableError,
    activation_of,
    decodes,
    encodes,
)

ACTIVATION_CODES: Mapping[str, int] = {
    "relu": BuiltinOperator.RELU,
    "relu6": BuiltinOperator.RELU6,
    "leaky_relu": BuiltinOperator.LEAKY_RELU,
    "sigmoid": BuiltinOperator.LOGISTIC,
    "hard_swish": BuiltinOperator.HARD_SWISH,
}


@encodes(Activation)
def encode_activation(op: Activation, node: EncodeContext) -> Operator:
    code = ACTIVATION_CODES[op.function]
    if op.function == "leaky_relu":
        return Operator(code, [node.refs[0]], "LeakyReluOptions", {"Alpha": op.slope})
    return Operator(code, [node.refs[0]])


@decodes(*ACTIVATION_CODES.values())
def decode_activation(node: DecodeContext) -> Activation:
    function: Any = next(name for name, code in ACTIVATION_CODES.items() if code == node.operator.code)
    if function == "leaky_relu":
        return Activation(function=function, slope=node.operator.options["Alpha"])
    return Activation(function=function)


@encodes(Add)
def encode_add(op: Add, node: EncodeContext) -> Operator:
    return Operator(BuiltinOperator.ADD, _operands(node), "AddOptions", _fused(op))


@encodes(Multiply)
def encode_multiply(op: Multiply, node: EncodeContext) -> Operator:
    return Operator(BuiltinOperator.MUL, _operands(node), "MulOptions", _fused(op))


def _operands(node: EncodeContext) -> list[Operand]:
    operands: list[Operand] = list(node.refs)
    if "constant" in node.weights:
        operands.append(node.constant("constant", node.weights["constant"]))
    return operands


def _fused(op: Add | Multiply) -> dict[str, int]:
    return {"FusedActivationFunction": FUSED[op.activation]}


@decodes(BuiltinOperator.ADD)
def decode_add(node: DecodeContext) -> Add:
    return Add(**_binary_attributes(node))


@decodes(BuiltinOperator.MUL)
def decode_multiply(node: DecodeContext) -> Multiply:
    return Multiply(**_binary_attributes(node))


def _binary_attributes(node: DecodeContext) -> dict[str, Any]:
    constant = next((operand for operand in node.operator.operands if isinstance(operand, Constant)), None)
    return {
        "constant": constant.spec.shape if constant else None,
        "activation": activation_of(node.operator.options),
    }


@encodes(Softmax)
def encode_softmax(op: Softmax, node: EncodeContext) -> Operator:
    return Operator(BuiltinOperator.SOFTMAX, [node.refs[0]], "SoftmaxOptions", {"Beta": 1.0})


@decodes(BuiltinOperator.SOFTMAX)
def decode_softmax(node: DecodeContext) -> Softmax:
    if node.operator.options["Beta"] != 1:
        raise UndecodableError
    return Softmax()
