from __future__ import annotations

import math

import numpy as np
import pytest
from synthetic import Design, nested

from pibench.stats import Components, variance_components

DESIGN = Design(processes=6, instances=4, blocks=5, samples=25, process_sd=0.07, instance_sd=0.02, block_sd=0.01)


@pytest.mark.parametrize("ragged", [False, True])
def test_components_are_found_without_bias(ragged: bool) -> None:
    rng = np.random.default_rng(2)
    found = np.array([variance_components(nested(rng, DESIGN._replace(ragged=ragged))) for _ in range(500)])
    assert np.sqrt(np.nanmean(found, axis=0)) == pytest.approx([0.07, 0.02, 0.01, 0.03], rel=0.08)


def test_a_level_that_adds_nothing_is_near_zero_and_never_negative() -> None:
    rng = np.random.default_rng(3)
    found = [variance_components(nested(rng, DESIGN._replace(process_sd=0.0))) for _ in range(300)]
    assert min(components.process for components in found) == 0
    assert math.sqrt(np.median([components.process for components in found])) < 0.007


def test_what_was_not_repeated_is_nan() -> None:
    rng = np.random.default_rng(4)
    one_process = variance_components(nested(rng, DESIGN._replace(processes=1)))
    assert [math.isnan(value) for value in one_process] == [True, False, False, False]
    one_instance = variance_components(nested(rng, DESIGN._replace(instances=1)))
    assert [math.isnan(value) for value in one_instance] == [False, True, False, False]
    single_samples = variance_components(nested(rng, DESIGN._replace(samples=1)))
    assert [math.isnan(value) for value in single_samples] == [False, False, False, True]


def test_instances_that_were_not_repeated_count_as_processes() -> None:
    rng = np.random.default_rng(5)
    design = DESIGN._replace(instances=1, instance_sd=0.07, process_sd=0.07)
    found = [variance_components(nested(rng, design)).process for _ in range(500)]
    assert math.sqrt(np.mean(found)) == pytest.approx(0.07 * math.sqrt(2), rel=0.06)


def test_relative_standard_deviations_are_the_roots() -> None:
    assert Components(0.04, 0.01, 0.0, 0.09).relative_sd() == pytest.approx((0.2, 0.1, 0.0, 0.3))
