"""What the runtimes call the operations of a layer, read off tflite-runtime 2.14 and LiteRT 2.3."""

from __future__ import annotations

from collections.abc import Iterator

from pibench.graph.ops import (
    Activation,
    Add,
    AveragePool,
    Concat,
    Conv,
    Dense,
    DepthwiseConv,
    Gather,
    GlobalAveragePool,
    MaxPool,
    Multiply,
    Op,
    Opaque,
    Pad,
    Reshape,
    Slice,
    Softmax,
    Split,
    Transpose,
)

Names = tuple[str, ...]

_OPERATORS: dict[type[Op], Names] = {
    Add: ("ADD",),
    AveragePool: ("AVERAGE_POOL_2D",),
    Concat: ("CONCATENATION",),
    Conv: ("CONV_2D",),
    Dense: ("FULLY_CONNECTED",),
    DepthwiseConv: ("DEPTHWISE_CONV_2D",),
    Gather: ("GATHER",),
    GlobalAveragePool: ("MEAN",),
    MaxPool: ("MAX_POOL_2D",),
    Multiply: ("MUL",),
    Pad: ("PAD", "PADV2"),
    Reshape: ("RESHAPE", "SQUEEZE", "EXPAND_DIMS"),
    Slice: ("SLICE", "STRIDED_SLICE"),
    Softmax: ("SOFTMAX",),
    Split: ("SPLIT", "SPLIT_V"),
    Transpose: ("TRANSPOSE",),
}
_ACTIVATION_OPERATORS = {
    "relu": "RELU",
    "relu6": "RELU6",
    "leaky_relu": "LEAKY_RELU",
    "sigmoid": "LOGISTIC",
    "hard_swish": "HARD_SWISH",
}

# XNNPACK's, each in the order in which they run.
_INTERNAL: dict[type[Op], tuple[Names, ...]] = {
    Add: (("Add",),),
    AveragePool: (("Average Pooling",), ("Global Average Pooling",)),
    Concat: (("Copy",),),
    # One of 1x1 is a matrix product to LiteRT.
    Conv: (("Convolution",), ("Fully Connected",)),
    Dense: (("Fully Connected",), ("Static Reshape", "Fully Connected")),
    DepthwiseConv: (("Convolution",),),
    GlobalAveragePool: (("Global Average Pooling",), ("Mean",)),
    MaxPool: (("Max Pooling",),),
    Multiply: (("Multiply",), ("Square",)),
    Pad: (("Constant Pad",),),
    Reshape: (("Copy",), ("Static Reshape",)),
    Slice: (("Slice",),),
    Softmax: (("Softmax",),),
    Split: (("Copy",),),
    Transpose: (("Transpose",),),
}
_INTERNAL_ACTIVATIONS: dict[str, tuple[Names, ...]] = {
    "relu": (("Clamp",),),
    "relu6": (("Clamp",),),
    "leaky_relu": (("Leaky ReLU",), ("LeakyReLU",)),
    "sigmoid": (("Sigmoid",),),
    "hard_swish": (("HardSwish",),),
}
# LiteRT clamps behind these in a step of its own, and tflite-runtime within them.
_CLAMPED_APART = (Add, Multiply, AveragePool)


def operator_names(op: Op) -> Names:
    """What the layer's operator may be called in the file, one of them."""
    if isinstance(op, Opaque):
        return (op.name,)
    if isinstance(op, Activation):
        return (_ACTIVATION_OPERATORS[op.function],)
    return _OPERATORS.get(type(op), ())


def internal_names(op: Op) -> Iterator[Names]:
    """The sequences of XNNPACK's operations that may make up a layer."""
    if isinstance(op, Activation):
        yield from _INTERNAL_ACTIVATIONS[op.function]
        return
    for names in _INTERNAL.get(type(op), ()):
        yield names
        if isinstance(op, _CLAMPED_APART) and op.activation:
            yield (*names, "Clamp")
    if is_clamp(op):
        yield from (("Copy",), ("Clamp",))


def is_clamp(op: Op) -> bool:
    """Whether XNNPACK does no more than hold the values within bounds, if that."""
    if isinstance(op, Activation):
        return op.function in ("relu", "relu6")
    return isinstance(op, AveragePool) and op.kernel == (1, 1)


def internal_name(event: str) -> str:
    """XNNPACK's operation without its types and kernel: "Add" of "Add (ND, F32)"."""
    return event.partition(" (")[0]
