from __future__ import annotations

import math

import pytest
from sample_table import CONV, sample_table
from table_world import CONDITION, OTHER_CONDITION, empty_table, formula_points, point

from pibench.graph import Layer, TensorSpec
from pibench.graph.ops import Add
from pibench.measure.layers import LayerLatency
from pibench.stats import Interval, mean_interval
from pibench.table.edit import COARSEST, allowed_errors, curve_errors, find_curve, with_fixed, with_points
from pibench.table.kind import signature_of
from pibench.table.sampling import initial_design
from pibench.table.targets import Target

IMAGE = TensorSpec((1, 8, 8, 1))
ADD = signature_of(Layer(Add(), (IMAGE, IMAGE))).kind
SMALL = signature_of(Layer(Add(constant=(1,)), (IMAGE,))).kind
EXTENT = ((1, 64),)


def latency(ns: float, half: float = 5.0) -> LayerLatency:
    return LayerLatency(Interval(ns, ns - half, ns + half), processes=3, samples=9, trusted=True)


def test_a_curve_is_found_by_kind_and_condition() -> None:
    table = sample_table()
    assert find_curve(table, CONDITION, CONV) is table.curves[0]
    assert find_curve(table, OTHER_CONDITION, CONV) is None


def test_points_are_kept_in_order_of_channels_and_the_latest_of_the_same_counts() -> None:
    table = with_points(empty_table(), ADD, CONDITION, [point((8,), 80.0), point((2,), 20.0)])
    table = with_points(table, ADD, CONDITION, [point((8,), 88.0), point((4,), 40.0)])
    (curve,) = table.curves
    assert [(p.channels, p.ns) for p in curve.points] == [((2,), 20.0), ((4,), 40.0), ((8,), 88.0)]


def test_conditions_have_curves_of_their_own() -> None:
    table = with_points(empty_table(), ADD, CONDITION, [point((8,), 80.0)])
    table = with_points(table, ADD, OTHER_CONDITION, [point((8,), 50.0)])
    assert [curve.condition for curve in table.curves] == [CONDITION, OTHER_CONDITION]


def test_the_left_out_error_is_told_once_there_are_points_enough() -> None:
    few = with_points(empty_table(), ADD, CONDITION, formula_points(ADD, [(1,), (2,)]))
    assert few.curves[0].left_out_error is None
    many = with_points(few, ADD, CONDITION, formula_points(ADD, initial_design(EXTENT)))
    assert many.curves[0].left_out_error is not None
    assert 0 <= many.curves[0].left_out_error < 0.02


def test_the_error_to_expect_is_infinite_without_a_surface_and_none_of_a_single_point() -> None:
    table = with_points(empty_table(), ADD, CONDITION, [point((1,), 10.0)])
    errors = curve_errors(table, CONDITION, {ADD: Target(EXTENT, 1), SMALL: Target(EXTENT, 1)})
    assert errors == {ADD: math.inf, SMALL: math.inf}
    assert curve_errors(table, CONDITION, {ADD: Target(((1, 1),), 1)}) == {ADD: 0.0}
    measured = with_points(table, ADD, CONDITION, formula_points(ADD, initial_design(EXTENT)))
    assert 0 < curve_errors(measured, CONDITION, {ADD: Target(EXTENT, 1)})[ADD] < 0.05


def test_a_curve_that_hardly_matters_may_be_coarser() -> None:
    table = with_points(empty_table(), ADD, CONDITION, [point((64,), 99_000.0)])
    table = with_points(table, SMALL, CONDITION, [point((64,), 500.0)])
    targets = {ADD: Target(EXTENT, 1), SMALL: Target(EXTENT, 1)}
    assert allowed_errors(table, CONDITION, targets, 0.01) == {ADD: 0.01, SMALL: 0.01 * COARSEST}
    often = {**targets, SMALL: Target(EXTENT, 40)}
    assert allowed_errors(table, CONDITION, often, 0.01)[SMALL] == 0.01


def test_the_first_fixed_term_has_the_interval_of_its_campaign() -> None:
    (term,) = with_fixed(empty_table(), CONDITION, latency(1000.0)).fixed
    assert (term.ns, term.low_ns, term.high_ns) == (1000, 995, 1005)


def test_fixed_terms_of_several_campaigns_and_sittings_are_averaged() -> None:
    table = empty_table()
    for ns in (1000.0, 1010.0, 990.0):
        table = with_fixed(table, CONDITION, latency(ns))
    table = with_fixed(table, OTHER_CONDITION, latency(700.0))
    term = next(term for term in table.fixed if term.condition == CONDITION)
    assert term.campaigns_ns == (1000.0, 1010.0, 990.0)
    assert (term.ns, term.low_ns, term.high_ns) == pytest.approx(mean_interval([1000, 1010, 990]))
    assert len(table.fixed) == 2


def test_a_fixed_term_stays_positive() -> None:
    table = with_fixed(with_fixed(empty_table(), CONDITION, latency(2.0, 1)), CONDITION, latency(50.0))
    assert table.fixed[0].low_ns > 0
