from __future__ import annotations

import numpy as np
import pytest

from pibench.table.terms import ONE, SINGLE, AxisTerm, candidate_terms, columns, multilinear, tilings


@pytest.mark.parametrize(
    ("term", "values"),
    [
        (AxisTerm("one"), {1: 1, 7: 1, 64: 1}),
        (AxisTerm("tile", 1), {1: 1, 7: 7, 64: 64}),
        (AxisTerm("tile", 16), {1: 16, 16: 16, 17: 32, 33: 48}),
        (AxisTerm("half", 16), {1: 8, 8: 8, 9: 16, 17: 32, 24: 32}),
        (AxisTerm("aligned", 4), {1: 0, 4: 4, 6: 0, 64: 64}),
        (AxisTerm("single"), {1: 1, 2: 0, 64: 0}),
    ],
)
def test_a_term_of_one_channel_count(term: AxisTerm, values: dict[int, int]) -> None:
    assert term(np.array(list(values))).tolist() == list(values.values())


def test_one_tile_for_all_channels_is_no_tiling() -> None:
    assert tilings(1) == [AxisTerm("tile", 1)]
    assert {term.size for term in tilings(16)} == {1, 4, 8}
    assert AxisTerm("half", 16) in tilings(17)


def test_a_loop_nest_takes_all_products_of_its_tiles() -> None:
    rows, four = AxisTerm("tile", 1), AxisTerm("tile", 4)
    assert multilinear((rows, four)) == [(ONE, ONE), (ONE, four), (rows, ONE), (rows, four)]
    assert multilinear(()) == [()]


def test_shortcuts_are_looked_for_up_to_the_channels_there_are() -> None:
    candidates = candidate_terms((3,))
    assert (AxisTerm("aligned", 2),) in candidates
    assert (AxisTerm("aligned", 4),) not in candidates
    assert (SINGLE,) in candidates


def test_a_column_is_the_product_over_axes() -> None:
    points = np.array([[1, 5], [3, 4], [1, 8]])
    terms = [(ONE, ONE), (AxisTerm("tile", 1), AxisTerm("tile", 4)), (SINGLE, AxisTerm("aligned", 4))]
    assert columns(terms, points).tolist() == [[1, 8, 0], [1, 12, 0], [1, 8, 8]]
