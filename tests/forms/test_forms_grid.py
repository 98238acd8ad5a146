from __future__ import annotations

import re

import pytest

from pibench.errors import SubjectError
from pibench.forms import GridError, get, grid, parse_axis


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("8", (8,)),
        ("8,16,32", (8, 16, 32)),
        ("16:64:16", (16, 32, 48, 64)),
        ("16:60:16", (16, 32, 48)),
        ("8:8:1", (8,)),
        ("1, 4:12:4 ,8,100", (1, 4, 8, 12, 100)),
        ("32,8", (32, 8)),
    ],
)
def test_numbers_and_ranges_make_an_axis(text: str, values: tuple[int, ...]) -> None:
    assert parse_axis(text) == values


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "'' is neither a number nor a range start:stop:step"),
        ("8,", "'' is neither"),
        ("8:16", "'8:16' is neither"),
        ("1:2:3:4", "is neither"),
        ("-8", "'-8' is neither"),
        ("8.5", "is neither"),
        ("²", "is neither"),
        ("99999999", "is neither"),
        ("16:8:4", "the range '16:8:4' is empty: its start 16 lies above its stop 8"),
        ("8:16:0", "has step 0: take a step of 1 or more"),
        ("0:9999999:1", "more than 10,000 values: take a larger step"),
    ],
)
def test_an_axis_that_means_nothing_is_one_sentence(text: str, words: str) -> None:
    with pytest.raises(GridError, match=re.escape(words)) as refusal:
        parse_axis(text)
    assert refusal.value.exit_code == 2


def test_a_grid_has_every_combination_in_order() -> None:
    points = grid([get("depthwise")], {"size": (8, 16), "kernel": (3, 5)})
    assert [(p.parameters["size"], p.parameters["kernel"]) for p in points] == [(8, 3), (8, 5), (16, 3), (16, 5)]


def test_a_form_varies_only_over_axes_that_it_has() -> None:
    points = grid([get("pointwise"), get("grouped")], {"size": (8,), "groups": (2, 4)})
    assert [point.name for point in points] == [
        "pointwise:size=8,channels=32",
        "grouped:size=8,channels=32,kernel=3,groups=2",
        "grouped:size=8,channels=32,kernel=3,groups=4",
    ]


def test_a_point_asked_for_twice_is_there_once() -> None:
    assert len(grid([get("add"), get("add")], {"size": (8,)})) == 1


def test_an_axis_that_no_form_has_names_those_there_are() -> None:
    with pytest.raises(GridError, match="add and concat has no parameter 'kernel': choose among channels, dtype, size"):
        grid([get("add"), get("concat")], {"kernel": (3,)})


def test_too_many_points_are_refused_before_any_is_built() -> None:
    many = tuple(range(1, 2001))
    with pytest.raises(GridError, match="this grid has 12,000,000 points, at most 10,000"):
        grid([get("conv"), get("conv"), get("conv")], {"size": many, "channels": many})


def test_a_point_that_cannot_be_is_refused_by_name() -> None:
    with pytest.raises(SubjectError, match="grouped:size=8,channels=30,kernel=3,groups=4: 4 groups do not divide 30"):
        grid([get("grouped")], {"size": (8,), "channels": (32, 30)})
