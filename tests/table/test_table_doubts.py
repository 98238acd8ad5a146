from __future__ import annotations

import pytest
from msgspec.structs import replace
from table_world import CALIBRATION, CONDITION, OTHER_CONDITION, PROTOCOL, empty_table, formula_table

from pibench.models.architectures import build
from pibench.table import Table
from pibench.table.build import Goal
from pibench.table.doubts import TableDoubt, doubts_about_table
from pibench.table.fill import Order
from pibench.table.model import Point

NET = build("mobilenet_v1:depth=3,width=8").renamed("net")


@pytest.fixture(scope="module")
def table() -> Table:
    return formula_table([NET])


def doubts(table: Table, error: float = 0.05) -> dict[str, TableDoubt]:
    found = doubts_about_table(table, CONDITION, Order([NET], [NET], PROTOCOL, Goal(error), 8))
    return {doubt.kind: doubt for doubt in found}


def distrusting(table: Table, every: int) -> Table:
    number = 0

    def doubted(point: Point) -> Point:
        nonlocal number
        number += 1
        return replace(point, trusted=number % every != 0)

    curves = [replace(curve, points=tuple(map(doubted, curve.points))) for curve in table.curves]
    return replace(table, curves=tuple(curves))


def test_a_plain_table_has_none(table: Table) -> None:
    assert doubts(table) == {}


def test_a_curve_that_did_not_get_as_precise_as_asked_for_is_told(table: Table) -> None:
    doubt = doubts(table, error=0.0001)["coarse_curves"]
    assert "curves are coarser than asked for; " in doubt.message
    assert not doubt.grave


@pytest.mark.parametrize("error", [0.0, 0.01])
def test_curves_without_points_are_coarse_whatever_was_asked_for(error: float) -> None:
    message = doubts(empty_table(), error)["coarse_curves"].message
    assert message.endswith("too few points")


def test_no_error_at_all_cannot_be_reached(table: Table) -> None:
    assert doubts(table, error=0.0)["coarse_curves"].message.endswith(" %")


@pytest.mark.parametrize(("every", "grave"), [(40, False), (2, True)])
def test_many_untrusted_points_make_a_table_doubtful(table: Table, every: int, grave: bool) -> None:
    doubt = doubts(distrusting(table, every))["untrusted_points"]
    assert doubt.grave is grave
    assert "points were measured while something disturbed them" in doubt.message


def test_points_of_another_condition_do_not_count(table: Table) -> None:
    other = formula_table([NET], condition=OTHER_CONDITION)
    both = replace(table, curves=table.curves + distrusting(other, 1).curves)
    assert doubts(both) == {}


def test_layers_that_were_never_held_against_networks_are_told(table: Table) -> None:
    doubt = doubts(replace(table, calibrations=()))["not_calibrated"]
    assert "whether layers add up is not known" in doubt.message
    assert not doubt.grave


def test_networks_that_differ_from_their_sums_make_a_table_doubtful(table: Table) -> None:
    wild = replace(table, calibrations=(replace(CALIBRATION, residual_sd=0.08),))
    assert doubts(wild)["networks_differ"] == TableDoubt(
        "networks_differ", "whole networks scatter by 8 % about the sums of their layers", grave=True
    )
