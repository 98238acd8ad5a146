from __future__ import annotations

import pytest

from pibench.forms import Group, Point, default_suite, forms, get, groups_of

SUITE = default_suite()


def group(start: str) -> Group:
    return next(group for group in SUITE if group.title.startswith(start))


def test_every_form_is_in_the_suite() -> None:
    assert {point.form.name for group in SUITE for point in group.points} == set(forms())


@pytest.mark.parametrize("found", [group for group in SUITE if group.title.startswith("Equal output")])
def test_groups_at_equal_output_turn_one_shape_into_one_other(found: Group) -> None:
    assert len({point.shapes for point in found.points}) == 1
    assert found.points[0].form.name == "conv"


def test_equal_outputs_are_compared_in_every_stage() -> None:
    titles = [group.title for group in SUITE if group.title.startswith("Equal output")]
    assert titles == [f"Equal output, {n}×{n}×{c} → {n}×{n}×{c}" for n, c in ((32, 32), (16, 64), (8, 128))]


@pytest.mark.parametrize("found", [group for group in SUITE if group.per_mac])
def test_macs_are_as_equal_as_widths_allow(found: Group) -> None:
    reference = found.points[0].graph.total_macs
    assert all(abs(point.graph.total_macs / reference - 1) < 0.15 for point in found.points)
    assert {"depthwise", "pointwise", "grouped"} <= {point.form.name for point in found.points}


def test_each_activation_is_shown() -> None:
    functions = [point.parameters["function"] for point in group("Activations").points]
    assert functions == ["relu", "relu6", "leaky_relu", "sigmoid", "hard_swish", "swish"]


def test_a_gate_is_shown_as_what_it_adds() -> None:
    gates = [group for group in SUITE if group.title.startswith("What squeeze-and-excitation adds")]
    assert len(gates) == 3
    for found in gates:
        assert [point.parameters["reduction"] for point in found.points] == [0, 4]
        assert not found.rivals


def test_each_type_has_groups_of_its_own() -> None:
    both = default_suite(("float32", "int8"))
    assert len(both) == 2 * len(SUITE)
    assert {point.parameters["dtype"] for point in both[-1].points} == {"int8"}
    assert both[len(SUITE)].title.endswith("int8")


def test_points_of_several_forms_with_equal_shapes_make_a_group() -> None:
    points = [Point(get(name), size=size) for name in ("conv", "depthwise") for size in (8, 16)]
    found = groups_of(points)
    assert [[point.name.partition(",")[0] for point in group.points] for group in found] == [
        ["conv:size=8", "depthwise:size=8"],
        ["conv:size=16", "depthwise:size=16"],
    ]


def test_one_form_alone_makes_no_group() -> None:
    assert groups_of([Point(get("conv"), kernel=kernel) for kernel in (3, 5)]) == []
