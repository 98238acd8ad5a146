from __future__ import annotations

import math

import numpy as np
import pytest
from table_world import CONDITION, formula_ns, formula_points, point

from pibench.graph import Layer, TensorSpec
from pibench.graph.ops import Add, Concat, Conv, Reshape
from pibench.table import curves
from pibench.table.curves import UNTRUSTED_SD, FittedCurve, relative_sd
from pibench.table.kind import Kind, signature_of
from pibench.table.model import Curve
from pibench.table.sampling import initial_design

# The 97.5 % quantile of Student's t with two degrees of freedom: of points from three processes.
STUDENT_OF_3 = 4.30265


def kind_of(op: object, *channels: int) -> Kind:
    return signature_of(Layer(op, tuple(TensorSpec((1, 8, 8, count)) for count in channels))).kind  # type: ignore[arg-type]


CONV = kind_of(Conv(filters=1, kernel=(3, 3), bias=True), 1)
ADD = kind_of(Add(), 1, 1)
RESHAPE = kind_of(Reshape(shape=(1, 512)), 8)


def fitted(kind: Kind, *channels: tuple[int, ...]) -> FittedCurve:
    return FittedCurve(Curve(kind=kind, condition=CONDITION, points=tuple(formula_points(kind, channels))))


def test_a_curve_interpolates_what_was_measured() -> None:
    curve = fitted(CONV, *initial_design(((1, 32), (1, 48))))
    at = [(7, 13), (30, 41), (2, 48)]
    predicted = curve.predict(at)
    assert predicted.mean_ns == pytest.approx([formula_ns(CONV.layer(channels)) for channels in at], rel=0.002)
    assert (curve.low.tolist(), curve.high.tolist()) == ([1, 1], [32, 48])
    assert curve.knows([*at, (33, 48), (32, 49)]).tolist() == [True, True, True, False, False]


def test_channels_that_the_groups_do_not_divide_are_not_known() -> None:
    kind = kind_of(Conv(filters=4, kernel=(1, 1), groups=4), 4)
    curve = fitted(kind, *initial_design(((4, 32), (4, 32)), step=4))
    assert curve.knows([(8, 12), (8, 13), (6, 12)]).tolist() == [True, False, False]


def test_two_points_are_known_and_nothing_between_them() -> None:
    curve = fitted(ADD, (4,), (16,))
    assert curve.surface is None
    assert curve.knows([(4,), (8,), (16,)]).tolist() == [True, False, True]


def test_between_few_points_the_nearest_is_taken_with_a_doubt_as_large_as_the_distance() -> None:
    curve = fitted(ADD, (4,), (16,))
    predicted = curve.predict([(4,), (5,), (15,), (32,)])
    near, far = (formula_ns(ADD.layer((count,))) for count in (4, 16))
    assert predicted.mean_ns.tolist() == [near, near, far, far]
    relative = predicted.sd_ns / predicted.mean_ns
    assert relative[0] < 0.01 < relative[1] < relative[3]
    assert relative[3] == pytest.approx(1, abs=0.01)


def test_one_free_axis_of_two_needs_three_points_for_a_surface() -> None:
    curve = fitted(CONV, (3, 1), (3, 2), (3, 4))
    assert curve.surface is not None
    assert curve.knows([(3, 3), (2, 3)]).tolist() == [True, False]
    assert curve.predict([(3, 3)]).mean_ns == pytest.approx([formula_ns(CONV.layer((3, 3)))], rel=0.01)


def test_what_has_no_channels_is_known_by_its_single_point() -> None:
    curve = FittedCurve(Curve(kind=RESHAPE, condition=CONDITION, points=(point((), 500.0, 0.01),)))
    none = np.zeros((3, 0), np.int64)
    assert curve.knows(none).tolist() == [True] * 3
    assert curve.predict(none).mean_ns.tolist() == [500.0] * 3
    assert curve.predict(none).sd_ns == pytest.approx(500 * 0.01 / STUDENT_OF_3, rel=0.001)
    assert curve.grid is None


def test_the_grid_has_what_the_curve_predicts() -> None:
    curve = fitted(CONV, *initial_design(((1, 12), (1, 20))))
    assert curve.grid is not None
    assert curve.grid.mean_ns.shape == (13, 21)
    at = np.array([(1, 1), (5, 9), (12, 20)])
    predicted = curve.predict(at)
    assert curve.grid.mean_ns[tuple(at.T)] == pytest.approx(predicted.mean_ns)
    # Differences of large numbers: rounded otherwise in a batch of another size.
    assert curve.grid.sd_ns[tuple(at.T)] == pytest.approx(predicted.sd_ns, rel=0.002)


def test_there_is_no_grid_where_it_would_be_too_large() -> None:
    assert fitted(CONV, (1, 1), (2, 2), (2000, 2000)).grid is None
    parts = kind_of(Concat(), *[1] * 64)
    assert fitted(parts, (1,) * 64, (2,) * 64, (3,) * 64).grid is None


def test_a_fit_is_made_once_for_the_same_points(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr(curves, "Surface", lambda *arguments: made.append(arguments) or len(made))
    points = [(1,), (2,), (7,), (11,)]
    assert fitted(ADD, *points).surface == fitted(ADD, *points).surface
    assert len(made) == 1


def test_a_point_counts_with_the_standard_deviation_of_its_interval() -> None:
    assert relative_sd(point((1,), 1000.0, precision=0.043)) == pytest.approx(0.043 / STUDENT_OF_3, rel=0.001)


def test_a_disturbed_point_counts_less() -> None:
    calm, disturbed = (relative_sd(point((1,), 1000.0, 0.004, trusted)) for trusted in (True, False))
    assert disturbed == pytest.approx(math.hypot(calm, UNTRUSTED_SD))
