from __future__ import annotations

import pytest

from pibench.errors import TableError
from pibench.graph import Graph, GraphBuilder, Layer, TensorSpec, layers_of
from pibench.graph.ops import Conv, Opaque
from pibench.models.architectures import build
from pibench.table.draw import draw_networks
from pibench.table.kind import Kind, signature_of
from pibench.table.targets import Target, shares, targets_of, united
from pibench.tflite.lower import lower


def net_of(name: str, into: int, width: int, *, free: bool = True) -> Graph:
    """A 3×3 convolution from ``into`` channels to ``width``, and one back, whose input may be free."""
    net = GraphBuilder(name)
    x = net.input((1, 8, 8, into if not free else 3))
    if free:
        x = net.conv(x, into, 5, name="stem")
    return net.build(net.conv(net.conv(x, width, 3, name="middle"), 5, 1, name="last"))


def middle_of(into: int, width: int) -> Kind:
    return signature_of(Layer(Conv(filters=width, kernel=(3, 3), bias=True), (TensorSpec((1, 8, 8, into)),))).kind


def test_free_channels_reach_from_one_and_fixed_ones_stay() -> None:
    targets = targets_of([net_of("net", into=12, width=8)])
    assert targets[middle_of(12, 8)].extent == ((1, 12), (1, 8))
    assert sorted(target.extent for target in targets.values()) == [
        ((1, 8), (5, 5)),
        ((1, 12), (1, 8)),
        ((3, 3), (1, 12)),
    ]


def test_an_axis_that_is_fixed_in_one_network_and_free_in_another_covers_both() -> None:
    free, fixed = net_of("free", into=6, width=8), net_of("fixed", into=12, width=16, free=False)
    assert targets_of([fixed])[middle_of(12, 16)].extent == ((12, 12), (1, 16))
    assert targets_of([fixed, free])[middle_of(1, 1)].extent == ((1, 12), (1, 16))


def test_occurrences_are_those_of_the_network_that_has_most() -> None:
    few, many = build("wide_resnet:depth=10,width=8"), build("wide_resnet:depth=22,width=8")
    kinds = targets_of([few])
    both = targets_of([few, many])
    assert max(target.occurrences for target in both.values()) > max(target.occurrences for target in kinds.values())
    assert both == targets_of([many, few, few])


def test_two_targets_unite_to_what_covers_both() -> None:
    assert united(Target(((2, 5),), 3), Target(((1, 4),), 7)) == Target(((1, 5),), 7)


def test_groups_bound_from_below() -> None:
    net = GraphBuilder("net")
    x = net.conv(net.input((1, 8, 8, 3)), 8, 1, name="stem")
    targets = targets_of([net.build(net.conv(net.conv(x, 12, 3, groups=4, name="grouped"), 2, 1, name="last"))])
    (grouped,) = (target for kind, target in targets.items() if kind.step == 4)
    assert grouped.extent == ((8, 8), (12, 12))


def test_joined_parts_have_at_least_a_channel_each() -> None:
    net = GraphBuilder("net")
    x = net.input((1, 8, 8, 3))
    parts = [net.conv(x, 4, 1, name=f"part{k}") for k in range(3)]
    targets = targets_of([net.build(net.conv(net.concat(*parts), 2, 3, name="last"))])
    (last,) = (target for kind, target in targets.items() if kind.op.label == "conv 3×3")
    assert last == Target(((3, 12), (2, 2)), 1)


@pytest.mark.parametrize(
    "spec", ["wide_resnet:depth=10,width=8,se=2", "mobilenet_v1:depth=6,width=8", "mobilenet_v2:depth=6,width=8"]
)
def test_all_narrower_networks_are_within_the_targets(spec: str) -> None:
    graph = build(spec)
    targets = targets_of([graph])
    for drawn in draw_networks([graph], 5, seed=3):
        for layer in layers_of(lower(drawn).graph).values():
            kind, channels = signature_of(layer)
            extent = targets[kind].extent
            assert all(low <= count <= high for count, (low, high) in zip(channels, extent, strict=True))


def test_the_element_type_of_the_input_is_that_of_the_layers() -> None:
    net = GraphBuilder("net")
    x = net.input((1, 8, 8, 3), dtype="int8")
    graph = net.build(net.conv(net.conv(x, 4, 3, name="first"), 2, 1, name="last"))
    assert {kind.inputs[0].dtype for kind in targets_of([graph])} == {"int8"}
    assert not set(targets_of([graph])) & set(targets_of([net_of("net", into=3, width=4)]))


def test_an_unknown_operation_is_named() -> None:
    net = GraphBuilder("odd.tflite")
    x = net.input((1, 8, 8, 3))
    x = net.add(Opaque(name="CUSTOM", outputs=(TensorSpec((1, 8, 8, 3)),)), x, name="strange")[0]
    with pytest.raises(
        TableError, match=r"odd\.tflite has an operation that pibench does not know: CUSTOM \(strange\)"
    ):
        targets_of([net.build(x)])


def test_shares_are_of_the_time_of_all_occurrences() -> None:
    first, second = (
        middle_of(1, 1),
        signature_of(Layer(Conv(filters=1, kernel=(1, 1)), (TensorSpec((1, 8, 8, 1)),))).kind,
    )
    targets = {first: Target(((1, 1), (1, 1)), 3), second: Target(((1, 1), (1, 1)), 1)}
    assert shares(targets, {first: 100.0, second: 100.0}) == {first: 0.75, second: 0.25}
    assert shares(targets, {}) == {first: 0.5, second: 0.5}
