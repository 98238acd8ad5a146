from __future__ import annotations

import pytest
from msgspec.structs import replace
from timed_results import timed

from pibench.measure.ranking import Contender, ranking
from pibench.report import Result

STEADY = [[1000, 1000], [1010, 1010], [990, 990]]


def scaled(name: str, factor: float, noise: tuple[float, ...] = (1, 1.01, 0.99)) -> Result:
    """The latencies of STEADY times a factor, with a noise of its own for each process."""
    return timed(name, [[round(x * factor * n) for x in blocks] for blocks, n in zip(STEADY, noise, strict=True)])


def test_the_reference_is_exactly_one() -> None:
    first, _ = ranking([Contender(timed("a", STEADY)), Contender(scaled("b", 2))]).standings
    assert (first.ratio, first.low, first.high, first.processes) == (1, 1, 1, 3)


def test_a_ratio_is_taken_process_by_process() -> None:
    # Processes differ twofold, the ratio within each does not.
    a = timed("a", [[1000], [2000], [500]])
    b = timed("b", [[3000], [6000], [1500]])
    _, standing = ranking([Contender(a), Contender(b)]).standings
    assert standing.ratio == pytest.approx(3)
    assert standing.low == pytest.approx(3)
    assert standing.high == pytest.approx(3)


def test_blocks_of_one_round_are_compared_and_surplus_ones_left_out() -> None:
    a = timed("a", [[1000, 2000, 4000, 9000]] * 3)
    b = timed("b", [[1100, 2200, 4400]] * 3)
    _, standing = ranking([Contender(a), Contender(b)]).standings
    assert standing.ratio == pytest.approx(1.1)


def test_after_a_block_that_was_set_aside_on_one_side_blocks_of_one_round_are_compared_all_the_same() -> None:
    a = timed("a", [[1000, 2000, 4000]] * 3)
    b = timed("b", [[1100, 9000, 4400]] * 3)
    b = replace(b, measurements=tuple(replace(one, set_aside=(3, 4, 5)) for one in b.measurements))
    _, standing = ranking([Contender(a), Contender(b)]).standings
    assert standing.ratio == pytest.approx(1.1)


def test_without_a_round_in_common_there_is_no_ratio() -> None:
    a, b = (timed(name, [[1000, 2000]] * 3) for name in "ab")
    a = replace(a, measurements=tuple(replace(one, set_aside=(0, 1, 2)) for one in a.measurements))
    b = replace(b, measurements=tuple(replace(one, set_aside=(3, 4, 5)) for one in b.measurements))
    assert ranking([Contender(a), Contender(b)]).standings[1].ratio is None


def test_the_fastest_is_claimed_where_it_beats_each_other_one() -> None:
    found = ranking([Contender(scaled("a", 1)), Contender(scaled("b", 0.5)), Contender(scaled("c", 2))])
    assert (found.leader, found.fastest, found.level) == ("b", "b", ())


def test_what_the_interval_does_not_tell_apart_is_level() -> None:
    b = scaled("b", 0.98, (1, 0.97, 1.03))
    found = ranking([Contender(scaled("a", 1)), Contender(b), Contender(scaled("c", 2))])
    assert found.leader == "b"
    assert found.fastest is None
    assert found.level == ("a",)


def test_more_comparisons_need_more_evidence() -> None:
    rival = scaled("b", 0.9, (1, 1.03, 0.985))
    alone = ranking([Contender(timed("a", STEADY)), Contender(rival)])
    among = ranking([Contender(timed("a", STEADY)), Contender(rival), *[Contender(scaled("c", 9))] * 30])
    assert alone.fastest == "b"
    assert among.level == ("a",)


def test_time_per_work_decides_where_work_is_given() -> None:
    found = ranking([Contender(scaled("a", 1), 100), Contender(scaled("b", 1.5), 300)])
    assert found.fastest == "b"
    assert found.standings[1].ratio == pytest.approx(0.5, rel=0.01)


def test_one_process_gives_a_ratio_without_bounds_and_no_fastest() -> None:
    found = ranking([Contender(timed("a", [[1000, 1001]])), Contender(timed("b", [[10, 11]]))])
    assert found.standings[1].ratio == pytest.approx(0.0105, rel=0.01)
    assert (found.standings[1].low, found.standings[1].high) == (None, None)
    assert found.fastest is None


def test_a_single_block_gives_a_ratio_too() -> None:
    found = ranking([Contender(timed("a", [[1000]])), Contender(timed("b", [[500]]))])
    assert found.standings[1].ratio == pytest.approx(0.5)
    assert found.standings[1].low is None


def test_one_that_failed_has_no_standing_and_does_not_touch_the_others() -> None:
    found = ranking([Contender(scaled("a", 1)), Contender(timed("b", [])), Contender(scaled("c", 2))])
    assert found.standings[1].ratio is None
    assert found.fastest == "a"


def test_where_the_first_failed_the_next_one_is_the_reference() -> None:
    found = ranking([Contender(timed("a", [])), Contender(scaled("b", 1)), Contender(scaled("c", 2))])
    assert [standing.ratio for standing in found.standings] == [None, 1, pytest.approx(2, rel=0.01)]
    assert found.fastest == "b"


def test_of_a_single_one_there_is_nothing_to_compare() -> None:
    found = ranking([Contender(timed("a", [])), Contender(scaled("b", 1))])
    assert [standing.ratio for standing in found.standings] == [None, 1]
    assert (found.leader, found.fastest, found.level) == (None, None, ())


def test_without_any_samples_there_is_nothing_to_compare() -> None:
    found = ranking([Contender(timed("a", [])), Contender(timed("b", []))])
    assert [standing.ratio for standing in found.standings] == [None, None]
    assert (found.leader, found.fastest, found.level) == (None, None, ())


def test_only_processes_that_have_both_count() -> None:
    a = timed("a", STEADY)
    b = timed("b", [[round(x / 2) for x in blocks] for blocks in STEADY[:2]])
    assert ranking([Contender(a), Contender(b)]).standings[1].processes == 2
