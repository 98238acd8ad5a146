from __future__ import annotations

import io

import msgspec
from rich.console import Console
from sample_report import sample_report
from timed_results import timed

from pibench.cli.ops_grid import show_grid, varying
from pibench.cli.ops_groups import judged
from pibench.forms import Point, get, groups_of
from pibench.report import Condition

POINTS = [Point(get(name), size=size) for name in ("conv", "add") for size in (8, 16)]


def shown(points: list[Point], *conditions: Condition) -> list[str]:
    results = [
        timed(point.name, [[1000 * point.parameters["size"]]] * 3, condition)
        for point in points
        for condition in conditions or (Condition(),)
    ]
    report = msgspec.structs.replace(sample_report(), results=tuple(results))
    output = io.StringIO()
    groups = [one for group in groups_of(points) for one in judged(group, results)]
    show_grid(points, groups, report, Console(file=output, width=140))
    return output.getvalue().splitlines()


def test_parameters_that_vary_have_columns() -> None:
    assert varying(POINTS[:2]) == ["size"]
    assert varying(POINTS) == ["size"]
    assert varying([*POINTS, Point(get("depthwise"), kernel=5)]) == ["size", "kernel"]


def test_parameters_of_one_value_are_told_once() -> None:
    assert "All with channels 32, kernel 3" in shown(POINTS)


def test_every_point_has_a_row_with_its_place() -> None:
    rows = [line.split() for line in shown(POINTS[:2])]
    assert [row[:2] for row in rows if row and row[0] == "conv"] == [["conv", "8"], ["conv", "16"]]


def test_a_form_without_a_parameter_has_a_dash_and_equal_output_channels_a_sign() -> None:
    points = [*POINTS[1:3], Point(get("conv"), size=8, out_channels=16, kernel=5)]
    first, add, last = (line.split() for line in shown(points) if line.startswith(("conv", "add")))
    assert first[1:4] == ["16", "=", "3"]
    assert add[1:4] == ["8", "–", "–"]
    assert last[1:4] == ["8", "16", "5"]


def test_conditions_have_a_column_where_there_are_several() -> None:
    lines = shown(POINTS[:2], Condition(), Condition(threads=2))
    assert "condition" in lines[2]
    assert sum("2 threads" in line for line in lines) == 2


def test_forms_that_do_the_same_are_compared_below() -> None:
    lines = shown([POINTS[0], Point(get("residual"), size=8)])
    assert any(line.startswith("Equal output, 8×8×32 → 8×8×32: No fastest one") for line in lines)
