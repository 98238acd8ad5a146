"""CONCATENATION, SPLIT, SPLIT_V, STRIDED_SLICE, SLICE, GATHER, RESHAPE, TRANSPOSE, PAD."""

from __future__ import annotations

from collections.abc import Iterable

from tflite import BuiltinOperator

from pibench.graph.ops import Concat, Gather, Pad, Reshape, Slice, Split, Transpose
from pibench.tflite.codec.base import (
    FUSED,
    DecodeContext,
    EncodeContext,
    Operator,
    UndecodableError,
    activation_of,
    decodes,
    encodes,
)


@encodes(Concat)
def encode_concat(op: Concat, node: EncodeContext) -> Operator:
    options = {"Axis": op.axis, "FusedActivationFunction": FUSED[None]}
    return Operator(BuiltinOperator.CONCATENATION, list(node.refs), "ConcatenationOptions", options)


@decodes(BuiltinOperator.CONCATENATION)
def decode_concat(node: DecodeContext) -> Concat:
    all_are_inputs = len(node.inputs) == len(node.operator.operands)
    if not all_are_inputs or activation_of(node.operator.options) is not None:
        raise UndecodableError
    return Concat(axis=node.operator.options["Axis"])


@encodes(Split)
def encode_split(op: Split, node: EncodeContext) -> Operator:
    """SPLIT where the parts are equal, as the converter does."""
    axis = node.constant("axis", op.axis % node.inputs[0].rank, "int32")
    if len(set(op.sizes)) == 1:
        return Operator(BuiltinOperator.SPLIT, [axis, node.refs[0]], "SplitOptions", {"NumSplits": len(op.sizes)})
    sizes = node.constant("sizes", op.sizes, "int32")
    return Operator(BuiltinOperator.SPLIT_V, [node.refs[0], sizes, axis], "SplitVOptions", {"NumSplits": len(op.sizes)})


@decodes(BuiltinOperator.SPLIT)
def decode_split(node: DecodeContext) -> Split:
    return _split(node, axis_operand=0)


@decodes(BuiltinOperator.SPLIT_V)
def decode_split_v(node: DecodeContext) -> Split:
    return _split(node, axis_operand=2)


def _split(node: DecodeContext, axis_operand: int) -> Split:
    (axis,) = node.constant(axis_operand).integers()
    return Split(sizes=tuple(output.shape[axis] for output in node.outputs), axis=axis)


@encodes(Slice)
def encode_slice(op: Slice, node: EncodeContext) -> Operator:
    """STRIDED_SLICE with unit strides, as the converter writes slices and crops: what reaches an edge is left open."""
    ends = [begin + size for begin, size in zip(op.begin, op.size, strict=True)]
    corners = {"begin": op.begin, "end": ends, "strides": [1] * len(ends)}
    operands = [node.constant(name, values, "int32") for name, values in corners.items()]
    options = {
        "BeginMask": _bits(begin == 0 for begin in op.begin),
        "EndMask": _bits(end == extent for end, extent in zip(ends, node.inputs[0].shape, strict=True)),
    }
    return Operator(BuiltinOperator.STRIDED_SLICE, [node.refs[0], *operands], "StridedSliceOptions", options)


def _bits(axes: Iterable[bool]) -> int:
    return sum(1 << axis for axis, is_set in enumerate(axes) if is_set)


@decodes(BuiltinOperator.STRIDED_SLICE)
def decode_strided_slice(node: DecodeContext) -> Slice:
    begin, strides = (node.constant(k).integers() for k in (1, 3))
    options = node.operator.options
    special = any(options[mask] for mask in ("EllipsisMask", "NewAxisMask", "ShrinkAxisMask", "Offset"))
    if special or set(strides) != {1}:
        raise UndecodableError
    x, size = node.inputs[0], node.outputs[0].shape
    starts = tuple(
        0 if options["BeginMask"] >> axis & 1 else (at + x.shape[axis] if at < 0 else at)
        for axis, at in enumerate(begin)
    )
    return Slice(begin=starts, size=size)


@decodes(BuiltinOperator.SLICE)
def decode_slice(node: DecodeContext) -> Slice:
    return Slice(begin=node.constant(1).integers(), size=node.outputs[0].shape)


@encodes(Gather)
def encode_gather(op: Gather, node: EncodeContext) -> Operator:
    indices = node.constant("indices", op.indices, "int32")
    return Operator(BuiltinOperator.GATHER, [node.refs[0], indices], "GatherOptions", {"Axis": op.axis})


@decodes(BuiltinOperator.GATHER)
def decode_gather(node: DecodeContext) -> Gather:
    indices = node.constant(1)
    if node.operator.options["BatchDims"] or indices.spec.rank != 1:
        raise UndecodableError
    return Gather(indices=indices.integers(), axis=node.operator.options["Axis"])


@encodes(Reshape)
def encode_reshape(op: Reshape, node: EncodeContext) -> Operator:
    shape = node.constant("shape", op.shape, "int32")
    return Operator(BuiltinOperator.RESHAPE, [node.refs[0], shape], "ReshapeOptions")


@decodes(BuiltinOperator.RESHAPE)
def decode_reshape(node: DecodeContext) -> Reshape:
    return Reshape(shape=node.outputs[0].shape)


@encodes(Transpose)
def encode_transpose(op: Transpose, node: EncodeContext) -> Operator:
    perm = node.constant("perm", op.perm, "int32")
    # Version 4 brought 5 dimensions, which a channel shuffle needs.
    version = 4 if len(op.perm) > 4 else 1
    return Operator(BuiltinOperator.TRANSPOSE, [node.refs[0], perm], "TransposeOptions", version=version)


@decodes(BuiltinOperator.TRANSPOSE)
def decode_transpose(node: DecodeContext) -> Transpose:
    return Transpose(perm=node.constant(1).integers())


@encodes(Pad)
def encode_pad(op: Pad, node: EncodeContext) -> Operator:
    paddings = node.constant("paddings", op.paddings, "int32")
    return Operator(BuiltinOperator.PAD, [node.refs[0], paddings], "PadOptions")


@decodes(BuiltinOperator.PAD)
def decode_pad(node: DecodeContext) -> Pad:
    flat = node.constant(1).integers()
    return Pad(paddings=tuple(zip(flat[::2], flat[1::2], strict=True)))
