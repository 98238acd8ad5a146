from __future__ import annotations

from timed_results import timed

from pibench.cli.ops_curves import curves, curves_along, longest_axis
from pibench.forms import Point, get
from pibench.report import Condition, Result

WIDTHS = range(8, 88, 8)
POINTS = [Point(get("depthwise"), kernel=kernel, channels=width) for kernel in (3, 5) for width in WIDTHS]


def results(points: list[Point], *conditions: Condition) -> list[Result]:
    return [
        timed(point.name, [[100 * point.parameters["channels"]]] * 3, condition)
        for point in points
        for condition in conditions or (Condition(),)
    ]


def test_the_axis_with_the_most_values_is_the_longest() -> None:
    assert longest_axis(POINTS) == "channels"
    assert longest_axis(POINTS[:5]) is None


def test_a_curve_is_of_points_that_differ_along_its_axis_alone() -> None:
    first, second = curves_along("channels", POINTS, results(POINTS))
    assert [first.title, second.title] == ["depthwise size=32 kernel=3", "depthwise size=32 kernel=5"]
    assert list(first.values) == list(WIDTHS)
    assert [round(latency or 0) for latency in first.latencies_ns] == [100 * width for width in WIDTHS]


def test_conditions_have_curves_of_their_own() -> None:
    found = list(curves_along("channels", POINTS, results(POINTS, Condition(), Condition(threads=2))))
    assert len(found) == 4
    assert found[1].title.endswith("(litert, 2 threads)")


def test_values_are_in_order_whatever_the_grids() -> None:
    backwards = POINTS[::-1]
    assert list(next(curves_along("channels", backwards, results(backwards))).values) == list(WIDTHS)


def test_a_chart_has_its_scale_and_fits() -> None:
    lines = list(curves(POINTS, results(POINTS), 60, ascii_only=True))
    assert all(len(line) <= 60 and line.isascii() for line in lines if "µ" not in line)
    assert sum("8 µs" in line for line in lines) == 2
    assert any(line.endswith("80") and "channels 8" in line for line in lines)


def test_what_failed_is_a_gap_and_too_few_figures_no_chart() -> None:
    found = results(POINTS[:10])
    assert any("█" in line for line in curves(POINTS[:10], [timed(POINTS[0].name, []), *found[1:]], 80, False))
    lost = [timed(point.name, []) for point in POINTS[:5]]
    assert not any("█" in line for line in curves(POINTS[:10], [*lost, *found[5:]], 80, False))
