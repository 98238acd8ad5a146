"""Readers of pooling, and of what moves data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras

from pibench.graph import ops

from .layers import Gather, Pad, Slice, Split
from .reading import Call, reads


def _window(layer: Any) -> dict[str, Any]:
    return {"kernel": tuple(layer.pool_size), "stride": tuple(layer.strides), "padding": layer.padding}


@reads(keras.layers.AveragePooling2D)
def _average_pool(call: Call) -> Sequence[str]:
    return [call.add(ops.AveragePool(**_window(call.layer)))]


@reads(keras.layers.MaxPooling2D)
def _max_pool(call: Call) -> Sequence[str]:
    return [call.add(ops.MaxPool(**_window(call.layer)))]


@reads(keras.layers.GlobalAveragePooling2D)
def _global_average_pool(call: Call) -> Sequence[str]:
    return [call.add(ops.GlobalAveragePool(keep_dims=bool(call.layer.keepdims)))]


@reads("Mean")
def _mean(call: Call) -> Sequence[str]:
    axis = call.layer.axis
    over_space = isinstance(axis, (tuple, list)) and sorted(axis) == [1, 2] and call.spec(call.inputs[0]).rank == 4
    call.refuse_unless(over_space, f"is over {axis}: a graph's is over height and width, axes 1 and 2")
    return [call.add(ops.GlobalAveragePool(keep_dims=bool(call.layer.keepdims)))]


@reads(keras.layers.Concatenate, "Concatenate")
def _concat(call: Call) -> Sequence[str]:
    return [call.add(ops.Concat(axis=call.layer.axis))]


@reads(Split)
def _split(call: Call) -> Sequence[str]:
    return call.add_all(ops.Split(sizes=call.layer.sizes, axis=call.layer.axis))


@reads("Split")
def _split_operation(call: Call) -> Sequence[str]:
    rank, axis = call.spec(call.inputs[0]).rank, call.layer.axis
    call.refuse_unless(axis % rank != 0, "splits the batch")
    sizes = tuple(shape[axis % rank - 1] for shape in call.output_shapes)
    return call.add_all(ops.Split(sizes=sizes, axis=axis))


@reads(keras.layers.Flatten, keras.layers.Reshape, "Reshape")
def _reshape(call: Call) -> Sequence[str]:
    x = call.spec(call.inputs[0])
    shape = call.output_shapes[0]
    if shape == x.shape[1:]:
        return call.inputs
    call.refuse_unless(None not in shape and math.prod(shape) == math.prod(x.shape[1:]), "reshapes across the batch")
    return [call.add(ops.Reshape(shape=(x.shape[0], *shape)))]


@reads(keras.layers.Permute)
def _permute(call: Call) -> Sequence[str]:
    return [call.add(ops.Transpose(perm=(0, *call.layer.dims)))]


@reads("Transpose")
def _transpose(call: Call) -> Sequence[str]:
    rank = call.spec(call.inputs[0]).rank
    perm = tuple(axis % rank for axis in call.layer.axes or reversed(range(rank)))
    call.refuse_unless(perm[0] == 0, "moves the batch")
    return [call.add(ops.Transpose(perm=perm))]


@reads(keras.layers.ZeroPadding2D)
def _zero_padding(call: Call) -> Sequence[str]:
    return [call.add(ops.Pad(paddings=((0, 0), *map(tuple, call.layer.padding), (0, 0))))]


@reads(Pad)
def _pad(call: Call) -> Sequence[str]:
    return [call.add(ops.Pad(paddings=((0, 0), *call.layer.paddings)))]


@reads(keras.layers.Cropping2D)
def _cropping(call: Call) -> Sequence[str]:
    (top, _), (left, _) = call.layer.cropping
    return [call.add(ops.Slice(begin=(0, top, left, 0), size=(1, *call.output_shapes[0])))]


@reads(Slice)
def _slice(call: Call) -> Sequence[str]:
    return [call.add(ops.Slice(begin=(0, *call.layer.begin), size=(1, *call.layer.size)))]


@reads(Gather)
def _gather(call: Call) -> Sequence[str]:
    return [call.add(ops.Gather(indices=call.layer.indices, axis=call.layer.axis))]
