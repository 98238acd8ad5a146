from __future__ import annotations

from pibench.device.caches import Cache
from pibench.roofline.working_sets import CACHE_BYTES_UNTOLD, LEAST_BYTES, elements, working_sets

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
SERVER = (
    *(Cache(2, MIB, (cpu,)) for cpu in range(4)),
    Cache(3, 32 * MIB, (0, 1)),
    Cache(3, 32 * MIB, (2, 3)),
)
PI_4 = (Cache(1, 32 * KIB, (0,)), Cache(2, MIB, (0, 1, 2, 3)))


def test_each_array_is_four_times_the_last_level_cache() -> None:
    assert working_sets(1, SERVER, 100 * GIB).memory_bytes == 3 * 4 * 32 * MIB


def test_threads_that_reach_more_caches_need_larger_arrays() -> None:
    sets = working_sets(4, SERVER, 100 * GIB)
    assert sets.last_level_bytes == 64 * MIB
    assert sets.memory_bytes == 3 * 4 * 64 * MIB


def test_one_thread_has_a_second_level_that_cores_share_for_itself_and_more_threads_theirs_together() -> None:
    assert [working_sets(threads, SERVER, GIB).second_level_bytes for threads in (1, 2, 4)] == [MIB, 2 * MIB, 4 * MIB]
    assert [working_sets(threads, PI_4, GIB).second_level_bytes for threads in (1, 4)] == [MIB, MIB]


def test_small_caches_still_get_arrays_that_are_not_small() -> None:
    assert working_sets(4, PI_4, 900 * MIB).memory_bytes == LEAST_BYTES


def test_a_board_with_little_memory_keeps_three_quarters_of_it() -> None:
    assert working_sets(1, SERVER, 400 * MIB).memory_bytes == 100 * MIB


def test_the_small_set_takes_half_of_a_cores_share_of_the_second_level() -> None:
    assert working_sets(1, SERVER, GIB).cache_bytes == 512 * KIB
    assert working_sets(1, PI_4, GIB).cache_bytes == 128 * KIB


def test_untold_caches_are_not_guessed_but_provided_for() -> None:
    sets = working_sets(4, (), GIB)
    assert (sets.memory_bytes, sets.cache_bytes) == (LEAST_BYTES, CACHE_BYTES_UNTOLD)
    assert (sets.second_level_bytes, sets.last_level_bytes) == (None, None)


def test_arrays_are_of_whole_vectors_and_within_the_set() -> None:
    for set_bytes in (1, 1000, 64 * KIB, LEAST_BYTES + 5):
        length = elements(set_bytes)
        assert length % 16 == 0
        assert length == 16 or 12 * length <= set_bytes < 12 * (length + 16)
