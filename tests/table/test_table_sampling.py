from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from truths import EXTENT, TRUTHS, Truth, errors, held_out, surface_of, tiled, truth_at

from pibench.table.sampling import expected_error, initial_design, interpolation_error, next_points, size
from pibench.table.surface import Prediction, Surface

Points = list[tuple[int, ...]]


def sampled(truth: Truth, most: int, noise: float = 0.003) -> tuple[Surface, Points]:
    points = initial_design(EXTENT)
    surface = surface_of(truth, points, noise)
    while len(points) < most:
        points += next_points(surface, points, EXTENT, min(6, most - len(points)))
        surface = surface_of(truth, points, noise)
    return surface, points


def test_the_initial_design_has_all_corners_and_both_sides_of_each_tile() -> None:
    points = initial_design(((1, 64), (1, 32)))
    assert {(1, 1), (1, 32), (64, 1), (64, 32)} <= set(points)
    for tile in (4, 8, 16, 32):
        assert {(tile, 32), (tile + 1, 32)} <= set(points)
    assert len(set(points)) == len(points)
    assert all(1 <= a <= 64 and 1 <= b <= 32 for a, b in points)


def test_the_initial_design_has_points_inside_where_axes_act_together() -> None:
    inside = [point for point in initial_design(EXTENT) if point[0] < 64 and point[1] < 96 and 1 not in point]
    assert len(inside) >= 4
    assert all(point[0] == 3 for point in initial_design(((3, 3), (1, 64))))


@pytest.mark.parametrize("extent", [((1, 4),), ((3, 3), (1, 4)), ((1, 2), (1, 3)), ((5, 5),), ()])
def test_of_few_points_none_is_left_out(extent: tuple[tuple[int, int], ...]) -> None:
    everything = sorted(product(*(range(low, high + 1) for low, high in extent)))
    assert initial_design(extent) == everything
    assert size(extent) == len(everything)


def test_groups_divide_every_point() -> None:
    points = initial_design(((4, 64), (4, 128)), step=4)
    surface = surface_of(TRUTHS["linear"], points)
    further = next_points(surface, points, ((4, 64), (4, 128)), 20, step=4)
    assert len(further) == 20
    assert all(count % 4 == 0 for point in (*points, *further) for count in point)


def test_a_small_budget_keeps_the_corners_and_spreads_the_rest() -> None:
    points = initial_design(EXTENT, count=10)
    assert len(points) == 10
    assert {(1, 1), (1, 96), (64, 1), (64, 96)} <= set(points)
    assert len({a for a, _ in points}) > 4
    assert len(initial_design(EXTENT, count=0)) == 4


def test_what_is_known_is_not_part_of_the_design_nor_of_its_budget() -> None:
    whole = initial_design(EXTENT)
    assert set(initial_design(EXTENT, known=whole[:20])) == set(whole[20:])
    assert initial_design(EXTENT, known=whole) == []
    assert len(initial_design(EXTENT, count=5, known={(1, 1)})) == 5


def test_a_concatenation_of_many_parts_has_a_bounded_design() -> None:
    assert 2 <= len(initial_design(((1, 32),) * 32)) < 64
    assert initial_design(((4, 4),) * 64) == [(4,) * 64]


def test_further_points_are_new_apart_and_within_the_extent() -> None:
    points = initial_design(EXTENT)
    surface = surface_of(TRUTHS["tiles of 16"], points, noise=0.01)
    further = next_points(surface, points, EXTENT, 6, known=[(2, 2)])
    assert len(set(further)) == 6
    assert not {*points, (2, 2)} & set(further)
    assert all(low <= count <= high for point in further for count, (low, high) in zip(point, EXTENT, strict=True))
    logs = np.log2(further)
    distances = np.abs(logs[:, None] - logs[None]).sum(axis=2) + 10 * np.eye(6)
    assert distances.min() > 0.1


def test_the_seed_decides_which_points_are_considered() -> None:
    points = initial_design(EXTENT)
    surface = surface_of(TRUTHS["linear"], points, noise=0.01)
    assert next_points(surface, points, EXTENT, 6, seed=1) == next_points(surface, points, EXTENT, 6, seed=1)
    assert next_points(surface, points, EXTENT, 6, seed=1) != next_points(surface, points, EXTENT, 6, seed=2)


def test_where_everything_was_measured_there_is_nothing_to_choose() -> None:
    points = [(k,) for k in range(1, 7)]
    surface = Surface(points, [100 + 7 * k for k in range(1, 7)], [0.001] * 6)
    assert next_points(surface, points, ((1, 6),), 3) == []


class Sure:
    """A surface that is sure of itself everywhere, though leaving out the point of 32 channels has shown an error."""

    def predict(self, at: np.ndarray) -> Prediction:
        return Prediction(np.full(len(at), 1000.0), np.full(len(at), 1.0))

    def weigh(self, ns: np.ndarray) -> np.ndarray:
        return ns

    def left_out(self) -> np.ndarray:
        return np.array([np.nan, 0.001, 0.2, 0.001, np.nan])


def test_points_go_where_leaving_out_has_shown_an_error() -> None:
    measured = [(1,), (8,), (32,), (128,), (512,)]
    first, *others = next_points(Sure(), measured, ((1, 512),), 3)  # type: ignore[arg-type]
    assert 16 < first[0] < 64
    assert first[0] != 32
    assert all(abs(math.log2(other[0] / first[0])) > 0.2 for other in others)


def test_the_error_to_expect_is_small_beside_a_measured_point() -> None:
    points = initial_design(EXTENT)
    surface = surface_of(TRUTHS["linear"], points, noise=0.01)
    beside, apart = expected_error(surface, np.array(points), np.array([(64, 96), (7, 23)]))
    assert beside < apart


@pytest.mark.parametrize("name", TRUTHS)
def test_the_error_to_expect_is_about_the_error_there_is(name: str) -> None:
    surface, points = sampled(TRUTHS[name], 54)
    found = math.sqrt(np.mean(errors(surface, TRUTHS[name], held_out()) ** 2))
    expected = interpolation_error(surface, points, EXTENT)
    assert found < 1.5 * expected
    assert expected < 0.02


def linear_on_grid(truth: Truth, step: int) -> tuple[float, int]:
    """Root mean square error of linear interpolation on a full grid in steps of channels, and its points."""
    levels = [np.unique([low, *range(step, high + 1, step), high]) for low, high in EXTENT]
    on_grid = truth_at(truth, list(product(*levels))).reshape([len(level) for level in levels])
    at = held_out()
    first = np.stack([np.interp(at[:, 1], levels[1], row) for row in on_grid])
    predicted = np.array([np.interp(a, levels[0], column) for a, column in zip(at[:, 0], first.T, strict=True)])
    expected = truth_at(truth, at)
    weight = np.hypot(expected, 0.03 * expected.max())
    return math.sqrt(np.mean(((predicted - expected) / weight) ** 2)), on_grid.size


def out_of_cache(a, b):  # type: ignore[no-untyped-def]
    """Tiles, and weights that leave the cache: no term describes it."""
    return 3000 + 20 * tiled(b, 16) + 12 * a * tiled(b, 16) * (1 + 0.3 / (1 + np.exp(-(a * b - 2000) / 300)))


@pytest.mark.parametrize("truth", [*list(TRUTHS.values())[1:], out_of_cache])
def test_half_the_points_of_a_full_grid_reach_its_error_or_less(truth: Truth) -> None:
    """Grids in steps of 8 and of 4 channels, without noise, interpolated linearly."""
    surface, points = sampled(truth, 54)
    found = math.sqrt(np.mean(errors(surface, truth, held_out()) ** 2))
    for step in (8, 4):
        grid_error, grid_points = linear_on_grid(truth, step)
        assert grid_points >= 2 * len(points)
        assert found <= grid_error
