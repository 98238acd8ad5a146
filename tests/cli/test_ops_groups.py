from __future__ import annotations

import io

import msgspec
import pytest
from rich.console import Console
from sample_report import sample_report
from timed_results import timed

from pibench.cli.ops_groups import judged, outcome, show_groups
from pibench.forms import Group, Point, get
from pibench.report import Condition, Result

CONV, WIDER, ADD = Point(get("conv")), Point(get("pointwise"), channels=96), Point(get("add"))
GROUP = Group("Equal MACs", [CONV, WIDER], per_mac=True)


def measured(point: Point, latency_ns: int, condition: Condition | None = None) -> Result:
    return timed(point.name, [[latency_ns, latency_ns], [latency_ns + 10] * 2, [latency_ns + 30] * 2], condition)


def shown(group: Group, *results: Result, width: int = 160) -> str:
    output = io.StringIO()
    report = msgspec.structs.replace(sample_report(), results=results)
    show_groups(list(judged(group, results)), report, Console(file=output, width=width))
    return output.getvalue()


def test_a_row_has_time_ratio_speed_and_bytes() -> None:
    text = shown(GROUP, measured(CONV, 181_000), measured(WIDER, 90_500))
    row = next(line for line in text.splitlines() if line.startswith("pointwise")).split()
    assert row[:2] == ["pointwise", "channels=96"]
    assert row[2:6] == ["9.44", "M", "+0.0", "%"]
    assert float(row[9]) == pytest.approx(0.5, rel=0.001)
    assert "209" in row  # 2 x 9.44 M operations in 90.5 µs
    assert row[-2:] == ["804.4", "trusted"]
    assert "Fastest: pointwise channels=96." in text


def test_equal_output_is_compared_by_time_and_equal_macs_by_time_per_mac() -> None:
    narrow = Point(get("conv"), channels=16)
    results = measured(CONV, 1_000_000), measured(narrow, 500_000)
    by_time, by_mac = (
        next(judged(Group("", [CONV, narrow], per_mac=per_mac), results)).ranking.standings[1].ratio
        for per_mac in (False, True)
    )
    assert by_time == pytest.approx(0.5, rel=0.01)
    assert by_mac == pytest.approx(2, rel=0.01)


def test_what_has_no_macs_has_no_speed_and_what_failed_no_figures() -> None:
    text = shown(Group("", [CONV, ADD, WIDER]), measured(CONV, 9000), measured(ADD, 3000), timed(WIDER.name, []))
    add, lost = (next(line for line in text.splitlines() if line.startswith(name)) for name in ("add", "pointwise"))
    assert " – " in add
    assert lost.count("–") == 5
    assert lost.endswith("crash".ljust(len(lost) - lost.index("crash")))


def test_each_condition_is_judged_apart() -> None:
    conditions = Condition(), Condition(threads=2)
    results = [measured(point, 1000, condition) for point in (CONV, WIDER) for condition in conditions]
    assert [one.condition for one in judged(GROUP, results)] == list(conditions)
    assert "Equal MACs (litert, 2 threads)" in shown(GROUP, *results)


def test_parts_that_cannot_replace_each_other_have_no_fastest() -> None:
    results = measured(CONV, 9000), measured(ADD, 3000)
    assert "Fastest" not in shown(Group("Parts", [CONV, ADD], rivals=False), *results)


@pytest.mark.parametrize(
    ("conv", "add", "words"),
    [
        ([[9000]] * 3, [[3000]] * 3, "Fastest: add."),
        ([[1000], [1010]], [[1010], [1000]], "No fastest one: no difference seen between"),
        ([[9000]], [[3000]], "not said of one process"),
        ([[9000]] * 3, [], "Nothing to compare"),
    ],
)
def test_the_outcome_claims_what_was_seen(conv: list[list[int]], add: list[list[int]], words: str) -> None:
    (one,) = judged(Group("", [CONV, ADD]), [timed(CONV.name, conv), timed(ADD.name, add)])
    assert words in outcome(one)
