"""The distributions that the intervals need, without SciPy."""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

_BISECTIONS = 80
_FRACTION_TERMS = 200


def normal_cdf(z: float) -> float:
    """P(Z <= z) of the standard normal distribution; exact far into the tails."""
    return math.erfc(-z / math.sqrt(2)) / 2


def normal_quantile(p: float) -> float:
    """Quantile of the standard normal distribution."""
    return NormalDist().inv_cdf(p)


@lru_cache(maxsize=64)
def binomial_cdf(n: int, p: float) -> npt.NDArray[np.float64]:
    """P(X <= k) for k = 0 … n and X ~ Binomial(n, p), 0 < p < 1; read-only."""
    k = np.arange(1, n + 1)
    log_terms = np.cumsum(np.log((n + 1 - k) / k) + math.log(p / (1 - p)))
    masses = np.exp(n * math.log1p(-p) + np.concatenate(([0.0], log_terms)))
    below: npt.NDArray[np.float64] = np.minimum(np.cumsum(masses), 1.0)
    below.setflags(write=False)
    return below


def student_cdf(t: float, degrees: float) -> float:
    """P(T <= t) of Student's t; ``degrees`` need not be whole."""
    tail = _incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t)) / 2
    return 1 - tail if t > 0 else tail


@lru_cache(maxsize=1024)
def student_quantile(p: float, degrees: float) -> float:
    """Quantile of Student's t, by bisection of its distribution function.

    Raises ValueError unless 0 < p < 1 and degrees > 0.
    """
    if not (0 < p < 1 and degrees > 0):
        raise ValueError(
            f"no quantile {p} of Student's t with {degrees} degrees of freedom: give 0 < p < 1, degrees > 0"
        )
    if p < 0.5:
        return -student_quantile(1 - p, degrees)
    low, high = 0.0, 1.0
    while student_cdf(high, degrees) < p:
        low, high = high, 2 * high
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if student_cdf(middle, degrees) < p else (low, middle)
        if high - low <= 1e-10 * high:
            break
    return (low + high) / 2


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """Regularised incomplete beta function I_x(a, b)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # where the continued fraction converges slowly, use the symmetry
        return 1 - _incomplete_beta(b, a, 1 - x)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(log_front) / a * _beta_fraction(a, b, x)


def _beta_fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of I_x(a, b) (Abramowitz & Stegun 26.5.8), evaluated from its far end."""
    value = 1.0
    for i in range(_FRACTION_TERMS, 0, -1):
        m = i // 2
        even = m * (b - m) / ((a + i - 1) * (a + i))
        odd = -(a + m) * (a + b + m) / ((a + i - 1) * (a + i))
        value = 1 + (even if i % 2 == 0 else odd) * x / value
    return 1 / value
