from __future__ import annotations

import pytest

from pibench.errors import SubjectError
from pibench.forms import Point, at_equal_macs, forms, get

REFERENCE = get("conv")(size=16, channels=32).total_macs


@pytest.mark.parametrize("name", [name for name in forms() if get(name)().total_macs])
def test_no_neighbouring_width_comes_nearer(name: str) -> None:
    point = Point(get(name), **({"size": 16} if "size" in get(name).defaults else {}))
    found = at_equal_macs(point, REFERENCE)
    step = 4 * point.parameters.get("groups", 1)
    width = found.parameters["channels"]
    assert width % step == 0

    def off(channels: int) -> float:
        ratio = found.changed(channels=channels).graph.total_macs / REFERENCE
        return max(ratio, 1 / ratio)

    assert off(width) <= min(off(width + step), off(max(width - step, step)))


def test_an_exact_width_is_found() -> None:
    assert at_equal_macs(Point(get("pointwise"), size=16), 16 * 16 * 96 * 96).parameters["channels"] == 96


def test_less_than_the_smallest_width_does_gives_the_smallest() -> None:
    assert at_equal_macs(Point(get("conv")), 1).parameters["channels"] == 4


def test_output_channels_follow_the_input() -> None:
    assert at_equal_macs(Point(get("conv"), out_channels=7), REFERENCE).parameters["out_channels"] == 0


def test_what_has_no_multiplications_cannot_be_matched() -> None:
    with pytest.raises(SubjectError, match="add has no multiply-accumulates that could be matched"):
        at_equal_macs(Point(get("add")), REFERENCE)
