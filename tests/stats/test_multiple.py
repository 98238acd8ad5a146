from __future__ import annotations

import numpy as np
import pytest

from pibench.stats import bonferroni, holm, simultaneous_confidence


def test_bonferroni_multiplies_and_stops_at_one() -> None:
    assert bonferroni([0.01, 0.4, 0.03]) == pytest.approx([0.03, 1, 0.09])


def test_holm_is_the_textbook_example() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_never_exceeds_bonferroni() -> None:
    p = np.random.default_rng(0).random(50) ** 3
    assert (holm(p) <= bonferroni(p)).all()


@pytest.mark.parametrize("adjust", [bonferroni, holm])
def test_chance_finds_anywhere_stay_at_five_in_a_hundred(adjust: object) -> None:
    families = np.random.default_rng(1).random((4000, 20))
    found = np.mean([(adjust(family) <= 0.05).any() for family in families])  # type: ignore[operator]
    assert 0.04 <= found <= 0.06


def test_twenty_comparisons_need_ninety_nine_and_three_quarters_percent_each() -> None:
    assert simultaneous_confidence(20) == pytest.approx(0.9975)
