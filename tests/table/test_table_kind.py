from __future__ import annotations

import msgspec
import pytest

from pibench.graph import Layer, TensorSpec, layers_of
from pibench.graph.ops import (
    Activation,
    Add,
    Concat,
    Conv,
    Dense,
    DepthwiseConv,
    GlobalAveragePool,
    Multiply,
    OpError,
    Pad,
    Reshape,
    Slice,
    Softmax,
    Split,
)
from pibench.models.architectures import build
from pibench.table.kind import Kind, signature_of
from pibench.tflite.lower import lower


def image(channels: int, dtype: str = "float32") -> TensorSpec:
    return TensorSpec((1, 8, 8, channels), dtype)  # type: ignore[arg-type]


CONV = Conv(filters=12, kernel=(3, 3), bias=True, activation="relu")
PADDINGS = ((0, 0), (1, 1), (1, 1), (0, 0))
FREE = [
    (Layer(CONV, (image(6),)), ("in", "out"), (6, 12)),
    (Layer(Conv(filters=12, kernel=(1, 1), groups=3), (image(6),)), ("in", "out"), (6, 12)),
    (Layer(DepthwiseConv(kernel=(3, 3), multiplier=2), (image(6),)), ("channels",), (6,)),
    (Layer(Dense(units=10), (TensorSpec((1, 7)),)), ("in", "out"), (7, 10)),
    (Layer(Dense(units=10, flatten=True), (image(6),)), ("in", "out"), (6, 10)),
    (Layer(Add(), (image(6), image(6))), ("channels",), (6,)),
    (Layer(Add(constant=(6,)), (image(6),)), ("channels",), (6,)),
    (Layer(Add(constant=(1,)), (image(6),)), ("channels",), (6,)),
    (Layer(Multiply(constant=()), (image(6),)), ("channels",), (6,)),
    (Layer(Multiply(), (image(6), TensorSpec((1, 1, 1, 6)))), ("channels",), (6,)),
    (Layer(Concat(), (image(6), image(3))), ("part0", "part1"), (6, 3)),
    (Layer(Split(sizes=(2, 4)), (image(6),)), ("part0", "part1"), (2, 4)),
    (Layer(Activation(function="relu"), (image(6),)), ("channels",), (6,)),
    (Layer(GlobalAveragePool(), (image(6),)), ("channels",), (6,)),
    (Layer(Softmax(), (TensorSpec((1, 6)),)), ("channels",), (6,)),
    (Layer(Pad(paddings=PADDINGS), (image(6),)), ("channels",), (6,)),
    (Layer(Slice(begin=(0, 1, 1, 0), size=(1, 7, 7, 6)), (image(6),)), ("channels",), (6,)),
]
FIXED = [
    Layer(Reshape(shape=(1, 384)), (image(6),)),
    Layer(Concat(axis=1), (image(6), image(6))),
    Layer(Pad(paddings=(*PADDINGS[:3], (0, 2))), (image(6),)),
    Layer(Slice(begin=(0, 0, 0, 2), size=(1, 8, 8, 4)), (image(6),)),
    Layer(Multiply(), (image(6), TensorSpec((1, 8, 8, 1)))),
    Layer(Add(constant=(6,)), (image(1),)),
    Layer(Activation(function="relu"), (TensorSpec((6,)),)),
]


@pytest.mark.parametrize(("layer", "axes", "channels"), FREE)
def test_channels_are_the_axes_of_a_kind(layer: Layer, axes: tuple[str, ...], channels: tuple[int, ...]) -> None:
    kind, found = signature_of(layer)
    assert (kind.axes, found) == (axes, channels)


@pytest.mark.parametrize(("layer", "channels"), [(layer, channels) for layer, _, channels in FREE])
def test_a_signature_is_that_of_a_layer_with_any_other_channels(layer: Layer, channels: tuple[int, ...]) -> None:
    kind, _ = signature_of(layer)
    for factor in (1, 3):
        other = tuple(factor * count for count in channels)
        assert signature_of(kind.layer(other)) == (kind, other)
    least = (kind.step,) * len(channels)
    assert signature_of(kind.layer(least)) == (kind, least)


@pytest.mark.parametrize(("layer", "channels"), [(layer, channels) for layer, _, channels in FREE])
def test_a_kind_gives_the_layer_back(layer: Layer, channels: tuple[int, ...]) -> None:
    again = signature_of(layer).kind.layer(channels)
    assert (again.inputs, again.outputs, again.macs) == (layer.inputs, layer.outputs, layer.macs)
    assert again.op.label == layer.op.label


@pytest.mark.parametrize("layer", FIXED)
def test_what_has_no_free_channels_is_a_kind_of_its_own(layer: Layer) -> None:
    kind, channels = signature_of(layer)
    assert (kind.axes, channels) == ((), ())
    assert kind.layer(()) == layer


@pytest.mark.parametrize(
    "other",
    [
        Layer(Conv(filters=12, kernel=(3, 3), bias=True), (image(6),)),
        Layer(Conv(filters=12, kernel=(5, 5), bias=True, activation="relu"), (image(6),)),
        Layer(Conv(filters=12, kernel=(3, 3), bias=True, activation="relu", stride=(2, 2)), (image(6),)),
        Layer(Conv(filters=12, kernel=(3, 3), bias=True, activation="relu", groups=2), (image(6),)),
        Layer(CONV, (image(6, "int8"),)),
        Layer(CONV, (TensorSpec((1, 8, 16, 6)),)),
    ],
)
def test_what_a_latency_depends_on_besides_channels_makes_another_kind(other: Layer) -> None:
    assert signature_of(other).kind != signature_of(Layer(CONV, (image(6),))).kind


def test_one_value_for_all_channels_is_another_kind_than_one_for_each() -> None:
    kinds = [signature_of(Layer(Add(constant=shape), (image(6),))).kind for shape in ((), (1,), (1, 1, 1), (6,))]
    assert kinds[0] == kinds[1] == kinds[2] != kinds[3]


def test_groups_are_the_step_of_the_channels() -> None:
    kind = signature_of(Layer(Conv(filters=12, kernel=(1, 1), groups=3), (image(6),))).kind
    assert kind.step == 3
    assert kind.layer((9, 3)).outputs[0].channels == 3
    with pytest.raises(OpError, match="3 groups, which do not divide"):
        kind.layer((9, 4))


def test_layers_of_a_network_are_few_kinds() -> None:
    layers = layers_of(lower(build("wide_resnet:depth=40,width=32")).graph).values()
    assert len({signature_of(layer).kind for layer in layers}) < len(layers) / 3


def test_a_kind_has_a_name_and_survives_json() -> None:
    kind = signature_of(Layer(CONV, (image(6),))).kind
    assert str(kind) == "conv 3×3 + relu at 8×8, float32"
    assert str(signature_of(Layer(Dense(units=2), (TensorSpec((1, 7)),))).kind) == "dense at 1, float32"
    assert msgspec.json.decode(msgspec.json.encode(kind), type=Kind) == kind
