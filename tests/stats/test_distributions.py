from __future__ import annotations

import math

import pytest

from pibench.stats._distributions import binomial_cdf, normal_cdf, normal_quantile, student_cdf, student_quantile


@pytest.mark.parametrize(
    ("p", "degrees", "t"),
    # From tables of Student's t.
    [
        *[(0.975, 1, 12.7062), (0.975, 2, 4.30265), (0.975, 5, 2.57058), (0.975, 30, 2.04227)],
        *[(0.95, 10, 1.81246), (0.995, 4, 4.60409), (0.9875, 7, 2.84124), (0.975, 1e6, 1.95997)],
        *[(0.75, 1, 1.0), (0.025, 5, -2.57058), (0.5, 3, 0.0)],
    ],
)
def test_student_quantiles_are_the_tabulated_ones(p: float, degrees: float, t: float) -> None:
    assert student_quantile(p, degrees) == pytest.approx(t, abs=2e-5 * max(1, abs(t)))


@pytest.mark.parametrize("degrees", [1, 2.5, 7, 40, 1000])
def test_student_quantile_inverts_the_distribution_function(degrees: float) -> None:
    for p in (0.01, 0.3, 0.6, 0.9999):
        assert student_cdf(student_quantile(p, degrees), degrees) == pytest.approx(p, rel=1e-6)


def test_students_t_with_one_degree_is_cauchys_distribution() -> None:
    for t in (-3.0, 0.5, 20.0):
        assert student_cdf(t, 1) == pytest.approx(0.5 + math.atan(t) / math.pi, rel=1e-9)


@pytest.mark.parametrize(("p", "degrees"), [(0.0, 3), (1.0, 3), (0.9, 0)])
def test_a_quantile_that_does_not_exist_is_refused(p: float, degrees: float) -> None:
    with pytest.raises(ValueError, match="0 < p < 1"):
        student_quantile(p, degrees)


@pytest.mark.parametrize(("n", "p"), [(1, 0.5), (10, 0.5), (20, 0.9), (60, 0.01)])
def test_binomial_sums_are_those_of_the_coefficients(n: int, p: float) -> None:
    masses = [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]
    assert binomial_cdf(n, p) == pytest.approx([sum(masses[: k + 1]) for k in range(n + 1)], abs=1e-12)


def test_binomial_of_very_many_does_not_underflow() -> None:
    # The median of an odd number is in the middle: exactly half lies at or below (n - 1) / 2.
    assert binomial_cdf(100_001, 0.5)[50_000] == pytest.approx(0.5, abs=1e-6)


def test_normal_distribution_is_the_tabulated_one() -> None:
    assert normal_cdf(1.959964) == pytest.approx(0.975, abs=1e-7)
    assert normal_cdf(-10) == pytest.approx(7.6199e-24, rel=1e-4)
    assert normal_quantile(0.975) == pytest.approx(1.959964, abs=1e-6)
