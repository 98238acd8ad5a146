"""The groups of forms that are shown side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pibench.forms.matched import at_equal_macs
from pibench.forms.parameters import Dtype
from pibench.forms.point import Point
from pibench.forms.registry import get


class Group(NamedTuple):
    """Points to compare, the first of them the reference.

    ``per_mac``: compared by time per multiply-accumulate, since their MACs are equal only nearly.
    ``rivals``: one could stand in another's place, so that it matters which is the fastest.
    """

    title: str
    points: Sequence[Point]
    per_mac: bool = False
    rivals: bool = True


# What the literature puts in the place of a full convolution.
SUBSTITUTES = (
    "conv",
    "conv_1d_pair",
    "grouped",
    "grouped_emulated",
    "depthwise_separable",
    "inverted_residual",
    "fused_inverted_residual",
    "residual",
    "bottleneck",
    "shuffle_v1",
    "shuffle_v2",
    "fire",
    "ghost",
)
# Size and channels of the three stages of a small network.
STAGES = ((32, 32), (16, 64), (8, 128))

MATCHED = (
    "conv_1d_pair",
    "grouped",
    "grouped_emulated",
    "pointwise",
    "depthwise",
    "depthwise_separable",
    "inverted_residual",
)
# Channels of the last one are few enough for a depthwise convolution and a dense layer of as many MACs.
MATCHED_AT = ((32, 32), (8, 64))

# Beside an activation, which is little more than a walk through memory.
PARTS = (
    "add",
    "multiply",
    "concat",
    "channel_shuffle",
    "squeeze_excite",
    "average_pool",
    "max_pool",
    "global_average_pool",
    "pointwise",
    "depthwise",
)
FUNCTIONS = ("relu6", "leaky_relu", "sigmoid", "hard_swish", "swish")
MIDDLE = STAGES[1]
GATED = ("depthwise_separable", "inverted_residual", "residual")
REDUCTION = 4


def default_suite(dtypes: Sequence[Dtype] = ("float32",)) -> list[Group]:
    """Every form beside others: at equal output, at equal MACs, on equal input, and with a gate."""
    return [group for dtype in dtypes for group in _of_dtype(dtype)]


def groups_of(points: Sequence[Point]) -> list[Group]:
    """Points of several forms that turn the same input into the same output, in the order of the first ones."""
    alike: dict[object, list[Point]] = {}
    for point in points:
        alike.setdefault((point.shapes, point.parameters["dtype"]), []).append(point)
    return [
        Group(f"Equal output, {_dtyped(_arrow(group[0]), group[0])}", group)
        for group in alike.values()
        if len({point.form.name for point in group}) > 1
    ]


def _of_dtype(dtype: Dtype) -> list[Group]:
    equal_output = [groups_of([_at(name, place, dtype) for name in SUBSTITUTES])[0] for place in STAGES]
    equal_macs = [_matched(place, dtype) for place in MATCHED_AT]
    return [*equal_output, *equal_macs, _activations(dtype), _parts(dtype), *_gates(dtype)]


def _matched(place: tuple[int, int], dtype: Dtype) -> Group:
    reference = _at("conv", place, dtype)
    macs = reference.graph.total_macs
    # Beside the whole suite a dense layer of a large image's MACs would be the largest model by far.
    names = MATCHED if place == MATCHED_AT[0] else (*MATCHED, "dense")
    others = [at_equal_macs(_at(name, place, dtype), macs) for name in names]
    title = f"Equal MACs, those of conv {_dtyped(_arrow(reference), reference)}, by other widths; time per MAC"
    return Group(title, [reference, *others], per_mac=True)


def _activations(dtype: Dtype) -> Group:
    relu = _at("activation", MIDDLE, dtype)
    others = [relu.changed(function=function) for function in FUNCTIONS]
    return Group(f"Activations on their own, {_dtyped(_arrow(relu), relu)}", [relu, *others])


def _parts(dtype: Dtype) -> Group:
    relu = _at("activation", MIDDLE, dtype)
    others = [_at(name, MIDDLE, dtype) for name in PARTS]
    wider = _at("depthwise", MIDDLE, dtype).changed(kernel=5)
    title = f"Equal input, {_dtyped('×'.join(map(str, relu.shapes[0][0][1:])), relu)}"
    return Group(title, [relu, *others, wider], rivals=False)


def _gates(dtype: Dtype) -> list[Group]:
    plain = [_at(name, MIDDLE, dtype) for name in GATED]
    return [
        Group(
            f"What squeeze-and-excitation adds to {point.form.name}, {_dtyped(_arrow(point), point)}",
            [point, point.changed(reduction=REDUCTION)],
            rivals=False,
        )
        for point in plain
    ]


def _at(name: str, place: tuple[int, int], dtype: Dtype) -> Point:
    size, channels = place
    form = get(name)
    wanted = {"size": size, "channels": channels, "dtype": dtype}
    return Point(form, **{key: value for key, value in wanted.items() if key in form.defaults})


def _arrow(point: Point) -> str:
    """The shapes that go in and come out, without the batch."""
    inputs, outputs = (" and ".join("×".join(map(str, shape[1:])) for shape in shapes) for shapes in point.shapes)
    return f"{inputs} → {outputs}"


def _dtyped(text: str, point: Point) -> str:
    dtype = point.parameters["dtype"]
    return text if dtype == "float32" else f"{text} {dtype}"
