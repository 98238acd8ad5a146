from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import pytest
from msgspec.structs import replace
from table_world import CONDITION, FIXED_NS, OTHER_CONDITION, PROTOCOL, FormulaTimer, empty_table, formula_ns

from pibench.graph import Graph, GraphBuilder, Layer
from pibench.models.architectures import build
from pibench.table.build import AT_A_TIME, Goal, InterruptedBuild, TableBuilder
from pibench.table.edit import allowed_errors, curve_errors, find_curve, with_points
from pibench.table.kind import Kind, signature_of
from pibench.table.model import Table
from pibench.table.sampling import initial_design
from pibench.table.targets import Target, targets_of

DEFAULT = Goal()
SMALL = build("mobilenet_v1:depth=3,width=8")


def one_layer(into: int, filters: int) -> Graph:
    net = GraphBuilder("net")
    x = net.conv(net.input((1, 16, 16, 3)), into, 1, name="first")
    return net.build(net.conv(net.conv(x, filters, 3, name="layer"), 2, 1, name="last"))


class Log:
    """Remembers the tables and the progress that a builder tells of."""

    def __init__(self) -> None:
        self.tables: list[Table] = []
        self.progress: list[tuple[float, float]] = []

    def builder(
        self, table: Table, targets: Mapping[Kind, Target], timer: FormulaTimer, goal: Goal = DEFAULT
    ) -> TableBuilder:
        return TableBuilder(
            table,
            targets,
            timer,  # type: ignore[arg-type]
            PROTOCOL,
            goal,
            changed=self.tables.append,
            progress=lambda what, done, most: self.progress.append((done, most)),
        )


def built(
    targets: Mapping[Kind, Target], timer: FormulaTimer, goal: Goal = DEFAULT, table: Table | None = None
) -> TableBuilder:
    builder = Log().builder(table or empty_table(), targets, timer, goal)
    builder.run()
    return builder


def points_of(table: Table) -> dict[Kind, set[tuple[int, ...]]]:
    return {curve.kind: {point.channels for point in curve.points} for curve in table.curves}


def test_every_kind_gets_its_initial_design_with_what_was_measured() -> None:
    targets = targets_of([SMALL])
    table = built(targets, FormulaTimer()).table
    for kind, points in points_of(table).items():
        assert set(initial_design(targets[kind].extent, kind.step)) <= points
    for curve in table.curves:
        for point in curve.points:
            assert point.ns == formula_ns(curve.kind.layer(point.channels))
            assert (point.samples, point.processes, point.trusted) == (27, 3, True)
    assert {curve.kind for curve in table.curves} == set(targets)


def test_no_layer_is_asked_for_twice() -> None:
    timer = FormulaTimer()
    built(targets_of([SMALL]), timer)
    assert len(timer.asked) == len(set(timer.asked))


def test_curves_that_are_precise_enough_get_no_more_points() -> None:
    targets = targets_of([one_layer(32, 32)])
    timer = FormulaTimer()
    table = built(targets, timer, Goal(error=0.05)).table
    designed = sum(len(initial_design(target.extent)) for target in targets.values())
    assert len(timer.asked) == designed
    errors, allowed = (
        f(table, CONDITION, targets, *more) for f, more in ((curve_errors, ()), (allowed_errors, (0.05,)))
    )
    assert all(errors[kind] <= allowed[kind] for kind in targets)


def cliff_ns(layer: Layer) -> float:
    """No term describes it: weights that leave the cache."""
    return formula_ns(layer) * (1.5 if sum(weight.bytes for weight in layer.op.weights(layer.inputs)) > 9000 else 1)


def test_a_curve_that_is_not_precise_gets_points_until_it_has_the_most() -> None:
    targets = targets_of([one_layer(32, 32)])
    table = built(targets, FormulaTimer(cliff_ns), Goal(error=0.001, most_points=46)).table
    counts = {kind: len(points) for kind, points in points_of(table).items()}
    assert max(counts.values()) == 46


@pytest.mark.parametrize("most", [8, 12])
def test_there_are_never_more_points_than_allowed_though_the_design_has_more(most: int) -> None:
    targets = targets_of([SMALL, one_layer(32, 32)])
    table = built(targets, FormulaTimer(cliff_ns), Goal(error=0.001, most_points=most)).table
    assert max(len(points) for points in points_of(table).values()) == most
    for kind, target in targets.items():
        curve = find_curve(table, CONDITION, kind)
        assert curve is not None
        corners = {tuple(low for low, _ in target.extent), tuple(high for _, high in target.extent)}
        assert corners <= {point.channels for point in curve.points}


def test_a_finished_table_asks_for_nothing() -> None:
    targets = targets_of([SMALL])
    table = built(targets, FormulaTimer()).table
    again = FormulaTimer()
    assert built(targets, again, table=table).table == table
    assert again.asked == []


def test_what_something_disturbed_is_measured_once_more() -> None:
    targets = targets_of([SMALL])
    table = built(targets, FormulaTimer()).table
    curve = table.curves[0]
    disturbed = replace(curve.points[3], ns=3 * curve.points[3].ns, high_ns=9e9, trusted=False)
    again = FormulaTimer()
    mended = built(targets, again, table=with_points(table, curve.kind, CONDITION, [disturbed])).table
    assert again.asked == [curve.kind.layer(disturbed.channels)]
    assert find_curve(mended, CONDITION, curve.kind) == curve


def test_a_second_order_adds_only_what_is_missing() -> None:
    first = targets_of([SMALL])
    table = built(first, FormulaTimer()).table
    both = targets_of([SMALL, one_layer(16, 16)])
    again = FormulaTimer()
    extended = built(both, again, table=table).table
    known = points_of(table)
    assert {signature_of(layer).kind for layer in again.asked} == set(both) - set(first)
    assert all(points_of(extended)[kind] == points for kind, points in known.items())


def test_a_larger_network_extends_the_curves_there_are() -> None:
    small, large = targets_of([one_layer(8, 8)]), targets_of([one_layer(16, 24)])
    table = built(small, FormulaTimer()).table
    again = FormulaTimer()
    extended = built(large, again, table=table).table
    measured = points_of(table)
    for kind, target in large.items():
        points = points_of(extended)[kind]
        assert measured[kind] <= points
        assert tuple(high for _, high in target.extent) in points
    assert not {signature_of(layer) for layer in again.asked} & {
        (kind, point) for kind, points in measured.items() for point in points
    }


def test_conditions_do_not_share_points() -> None:
    targets = targets_of([SMALL])
    table = built(targets, FormulaTimer()).table
    other = FormulaTimer(condition=OTHER_CONDITION)
    both = built(targets, other, table=table).table
    assert len(other.asked) == sum(map(len, points_of(table).values()))
    assert len(both.curves) == 2 * len(table.curves)
    assert {term.condition for term in both.fixed} == {CONDITION, OTHER_CONDITION}


def test_a_layer_that_fails_is_told_and_neither_tried_again_nor_does_it_cost_the_others() -> None:
    def fails(layer: Layer) -> bool:
        return layer.op.label == "conv 3×3" and layer.outputs[0].channels in (16, 17)

    timer = FormulaTimer(cliff_ns, fails=fails)
    builder = built(targets_of([one_layer(32, 32)]), timer, Goal(error=0.001, most_points=60))
    assert builder.failures
    assert all(fails(layer) and "crashed" in sentence for layer, sentence in builder.failures.items())
    assert len(timer.asked) == len(set(timer.asked))
    measured = {(kind, point) for kind, points in points_of(builder.table).items() for point in points}
    assert {signature_of(layer) for layer in timer.asked if not fails(layer)} == measured


def test_where_everything_fails_the_build_comes_to_an_end() -> None:
    timer = FormulaTimer(fails=lambda layer: True)
    builder = built(targets_of([SMALL]), timer)
    assert builder.table.curves == ()
    assert set(builder.failures) == set(timer.asked)


def test_a_failed_layer_is_tried_again_by_the_next_command() -> None:
    targets = targets_of([one_layer(8, 8)])
    table = built(targets, FormulaTimer(fails=lambda layer: layer.outputs[0].channels == 4)).table
    again = FormulaTimer()
    built(targets, again, table=table)
    assert again.asked
    assert all(layer.outputs[0].channels == 4 for layer in again.asked)


@pytest.mark.parametrize("interrupted_in", [1, 2, 3])
def test_an_interruption_keeps_what_was_measured_and_the_same_command_goes_on(interrupted_in: int) -> None:
    targets = targets_of([SMALL, one_layer(32, 32)])
    log, first = Log(), FormulaTimer(cliff_ns, interrupted_in=interrupted_in)
    builder = log.builder(empty_table(), targets, first, Goal(most_points=50))
    with pytest.raises(InterruptedBuild):
        builder.run()
    kept = log.tables[-1]
    assert sum(map(len, points_of(kept).values())) == len(first.asked) > 0
    second = FormulaTimer(cliff_ns)
    table = built(targets, second, Goal(most_points=50), kept).table
    assert not set(first.asked) & set(second.asked)
    assert points_of(table).keys() == targets.keys()
    assert max(map(len, points_of(table).values())) <= 50


def test_campaigns_are_bounded_and_told_of_one_by_one() -> None:
    log, timer = Log(), FormulaTimer()
    log.builder(empty_table(), targets_of([build("mobilenet_v2:depth=9,width=16")]), timer).run()
    assert len(timer.campaigns) > 1
    assert max(map(len, timer.campaigns)) == AT_A_TIME
    assert len(log.tables) == len(log.progress) == len(timer.campaigns)
    done = [sum(map(len, points_of(table).values())) for table in log.tables]
    assert [points for points, _ in log.progress[1:]] == done[:-1]
    assert all(points <= most for points, most in log.progress)


def test_kinds_are_mixed_within_a_campaign_in_an_order_that_the_seed_decides() -> None:
    first, second = FormulaTimer(), FormulaTimer()
    for timer in (first, second):
        built(targets_of([SMALL]), timer)
    assert first.campaigns == second.campaigns
    kinds = [signature_of(layer).kind for layer in first.campaigns[0]]
    assert sum(one != other for one, other in pairwise(kinds)) > len(set(kinds))


def test_the_fixed_term_is_that_of_all_campaigns_of_all_sittings() -> None:
    table = built(targets_of([one_layer(8, 8)]), FormulaTimer()).table
    assert [term.ns for term in table.fixed] == [FIXED_NS]
    campaigns = len(table.fixed[0].campaigns_ns)
    later = built(targets_of([one_layer(16, 16)]), FormulaTimer(fixed_ns=lambda number: 1300.0), table=table).table
    (term,) = later.fixed
    assert term.campaigns_ns[:campaigns] == (FIXED_NS,) * campaigns
    assert FIXED_NS < term.ns < 1300
