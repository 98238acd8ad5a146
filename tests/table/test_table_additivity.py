from __future__ import annotations

import numpy as np
import pytest

from pibench.table.additivity import LEAST_NETWORKS, fit_additivity

LAYERS = np.full(24, 96.0)
SUMS_NS = np.geomspace(0.3e6, 6e6, 24)


def test_factor_and_time_per_layer_are_found() -> None:
    found = fit_additivity(SUMS_NS, LAYERS, 1.02 * SUMS_NS + 250 * LAYERS)
    assert found.factor.estimate == pytest.approx(1.02)
    assert found.per_layer_ns == pytest.approx(250)
    assert found.residual_sd == pytest.approx(0, abs=1e-6)


def test_networks_of_different_depth_share_a_time_per_layer() -> None:
    layers = np.tile([40.0, 96.0, 150.0], 8)
    found = fit_additivity(SUMS_NS, layers, 0.98 * SUMS_NS + 300 * layers)
    assert (found.factor.estimate, found.per_layer_ns) == (pytest.approx(0.98), pytest.approx(300))


def test_a_third_of_the_networks_may_be_disturbed() -> None:
    measured = 1.02 * SUMS_NS + 250 * LAYERS
    measured[::3] *= np.linspace(1.2, 3, 8)
    found = fit_additivity(SUMS_NS, LAYERS, measured)
    assert found.factor.estimate == pytest.approx(1.02, rel=0.002)
    assert found.per_layer_ns == pytest.approx(250, rel=0.05)


def test_the_factors_interval_covers_the_truth() -> None:
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(300):
        noise = rng.normal(1, 0.01, len(SUMS_NS))
        factor = fit_additivity(SUMS_NS, LAYERS, (1.02 * SUMS_NS + 250 * LAYERS) * noise).factor
        covered += factor.low <= 1.02 <= factor.high
    assert 0.88 < covered / 300 < 0.99


def test_the_spread_of_what_remains_is_told() -> None:
    noise = np.random.default_rng(1).normal(1, 0.02, 400)
    sums = np.geomspace(0.3e6, 6e6, 400)
    assert fit_additivity(sums, np.full(400, 50.0), sums * noise).residual_sd == pytest.approx(0.02, rel=0.15)


def test_few_networks_have_a_factor_alone() -> None:
    sums = SUMS_NS[: LEAST_NETWORKS - 1]
    found = fit_additivity(sums, LAYERS[: LEAST_NETWORKS - 1], 1.1 * sums + 1000)
    assert found.per_layer_ns == 0
    assert 1.1 < found.factor.estimate < 1.11


def test_networks_all_of_a_size_have_a_factor_alone() -> None:
    sums = np.linspace(1e6, 1.2e6, 24)
    assert fit_additivity(sums, LAYERS, 1.1 * sums).per_layer_ns == 0


def test_no_layer_takes_less_than_nothing() -> None:
    found = fit_additivity(SUMS_NS, LAYERS, 1.02 * SUMS_NS - 250 * LAYERS)
    assert found.per_layer_ns == 0
    assert found.factor.estimate < 1.02
