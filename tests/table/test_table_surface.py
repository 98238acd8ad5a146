from __future__ import annotations

import math

import numpy as np
import pytest
from truths import EXTENT, TRUTHS, errors, held_out, surface_of, truth_at

from pibench.table.sampling import initial_design
from pibench.table.surface import MOST_AXES, Surface, varied_axes
from pibench.table.terms import AxisTerm, columns

DESIGN = initial_design(EXTENT)


@pytest.mark.parametrize("name", TRUTHS)
def test_what_kernels_do_is_found_from_a_few_dozen_points(name: str) -> None:
    surface = surface_of(TRUTHS[name], [*DESIGN, *map(tuple, held_out(12, seed=5))])
    assert np.abs(errors(surface, TRUTHS[name], held_out())).max() < 0.002


@pytest.mark.parametrize("name", TRUTHS)
def test_noise_is_averaged_out(name: str) -> None:
    surface = surface_of(TRUTHS[name], [*DESIGN, *map(tuple, held_out(24, seed=5))], noise=0.01)
    assert np.sqrt(np.mean(errors(surface, TRUTHS[name], held_out()) ** 2)) < 0.01


@pytest.mark.parametrize(
    ("name", "tile"),
    [
        ("linear", AxisTerm("tile", 1)),
        ("tiles of 16", AxisTerm("tile", 16)),
        ("half tiles of 16", AxisTerm("half", 16)),
    ],
)
def test_the_tiling_is_read_off_the_measurements(name: str, tile: AxisTerm) -> None:
    surface = surface_of(TRUTHS[name], DESIGN, noise=0.003)
    assert surface.tiling == (AxisTerm("tile", 1), tile)


@pytest.mark.parametrize("noise", [0.003, 0.01])
def test_prediction_intervals_cover_what_was_held_out(noise: float) -> None:
    """What is aimed at is 95 %; the nugget, never below 0.2 %, makes it more where the trend is exact."""
    covered = []
    for seed, truth in enumerate(TRUTHS.values()):
        surface = surface_of(truth, [*DESIGN, *map(tuple, held_out(20, seed + 10))], noise, seed)
        predicted = surface.predict(held_out())
        covered.append(np.abs(predicted.mean_ns - truth_at(truth, held_out())) <= 1.96 * predicted.sd_ns)
    assert np.mean(covered) > 0.93
    assert np.mean(covered, axis=1).min() > 0.8


def test_intervals_are_wide_where_the_trend_does_not_fit() -> None:
    def cliff(a, b):  # type: ignore[no-untyped-def]
        """Weights that leave the cache."""
        return 3000 + 12 * a * b * (1 + 0.3 / (1 + np.exp(-(a * b - 2000) / 300)))

    surface = surface_of(cliff, [*DESIGN, *map(tuple, held_out(24, seed=5))])
    predicted = surface.predict(held_out())
    covered = np.abs(predicted.mean_ns - truth_at(cliff, held_out())) <= 1.96 * predicted.sd_ns
    assert 0.85 < covered.mean() <= 1
    assert np.median(predicted.sd_ns / predicted.mean_ns) > 0.005


@pytest.mark.parametrize("name", ["linear", "tiles of 16", "one channel is a case of its own"])
def test_the_left_out_error_is_that_of_leaving_out(name: str) -> None:
    """With terms, tiling, scales and hyperparameters held: kriging from all the other points, one by one."""
    surface = surface_of(TRUTHS[name], DESIGN, noise=0.01)
    covariance = surface._covariance(surface._spread, surface._reach, surface._nugget)
    base = surface.weigh(np.maximum(columns(surface.terms, surface._points) @ surface._coefficients, 0))
    weight = surface.weigh(surface._ns)
    left_out = surface.left_out()
    for k in range(len(DESIGN)):
        others = np.delete(np.arange(len(DESIGN)), k)
        inner = covariance[np.ix_(others, others)]
        predicted = covariance[k, others] @ np.linalg.solve(inner, surface._observed[others])
        error = (surface._observed[k] - predicted) * base[k] / weight[k]
        assert math.isnan(left_out[k]) or left_out[k] == pytest.approx(error, rel=1e-4, abs=1e-7)
    inner_errors = left_out[~np.isnan(left_out)]
    assert surface.left_out_error() == pytest.approx(math.sqrt(np.mean(inner_errors**2)))


def test_corners_have_no_left_out_error_since_they_would_be_extrapolated() -> None:
    left_out = surface_of(TRUTHS["linear"], DESIGN).left_out()
    corners = {(low, high) for low in (1, 64) for high in (1, 96)}
    assert {point for point, error in zip(DESIGN, left_out, strict=True) if math.isnan(error)} == corners


def test_a_measured_point_is_predicted_as_it_was_measured() -> None:
    surface = surface_of(TRUTHS["tiles of 16"], DESIGN, noise=0.005)
    predicted = surface.predict(DESIGN)
    assert np.all(np.abs(predicted.mean_ns / truth_at(TRUTHS["tiles of 16"], DESIGN) - 1) < 0.02)
    assert np.all(predicted.sd_ns > 0)


def test_an_axis_on_which_nothing_was_varied_tells_nothing() -> None:
    points = [(3, count) for count in (1, 2, 5, 9, 16)]
    surface = Surface(points, [100 + 10 * count for _, count in points], [0.001] * 5)
    assert surface.predict([(3, 12)]).mean_ns == pytest.approx([220], rel=0.005)
    assert len(surface.tiling) == 1
    assert varied_axes(np.array(points)).tolist() == [1]


def test_three_points_of_one_axis_make_a_line() -> None:
    surface = Surface([(1,), (4,), (8,)], [110, 140, 180], [0.001] * 3)
    assert surface.predict([(6,)]).mean_ns == pytest.approx([160], rel=0.02)
    assert surface.left_out_error() < 0.05


def test_repeats_of_a_single_point_are_averaged() -> None:
    surface = Surface([(4, 4)] * 6, [99, 101, 100, 100, 99, 101], [0.01] * 6)
    assert surface.predict([(4, 4)]).mean_ns == pytest.approx([100], rel=0.01)
    assert math.isnan(surface.left_out_error())


def test_of_many_parts_the_channels_in_all_count() -> None:
    rng = np.random.default_rng(0)
    points = rng.integers(1, 33, (12, MOST_AXES + 5))
    surface = Surface(points, 500 + 7 * points.sum(axis=1), [0.001] * 12)
    at = rng.integers(1, 33, (50, MOST_AXES + 5))
    assert surface.predict(at).mean_ns == pytest.approx(500 + 7 * at.sum(axis=1), rel=0.02)


def test_a_latency_is_never_predicted_to_vanish() -> None:
    surface = Surface([(k,) for k in (10, 20, 30, 40)], [10.0, 1000, 2000, 3000], [0.001] * 4)
    assert surface.predict([(1,)]).mean_ns.min() >= 5


def test_tiny_latencies_weigh_less_than_their_share() -> None:
    surface = surface_of(TRUTHS["linear"], DESIGN)
    largest = truth_at(TRUTHS["linear"], [(64, 96)])
    assert surface.weigh(largest) == pytest.approx(largest, rel=0.001)
    assert surface.weigh(np.array([1.0]))[0] == pytest.approx(0.03 * largest[0], rel=0.001)


def test_the_same_measurements_give_the_same_surface() -> None:
    first, second = (surface_of(TRUTHS["linear"], DESIGN, noise=0.01) for _ in range(2))
    assert first.terms == second.terms
    assert np.array_equal(first.predict(held_out()).mean_ns, second.predict(held_out()).mean_ns)
