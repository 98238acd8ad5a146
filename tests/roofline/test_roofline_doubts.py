from __future__ import annotations

import msgspec
import pytest
from boards import PI_3
from fake_roof import SETS, roof

from pibench.device import Device, Span
from pibench.roofline import Roof
from pibench.roofline.doubts import doubts_about
from pibench.roofline.model import WorkingSets


def kinds(
    *roofs: Roof, sets: WorkingSets = SETS, device: Device = PI_3, spans: tuple[Span, ...] = (), processes: int = 5
) -> list[tuple[str, bool]]:
    found = doubts_about(roofs or (roof(1), roof(4)), sets, device, spans, processes)
    return [(doubt.kind, doubt.grave) for doubt in found]


def busy(cores: float) -> Device:
    return msgspec.structs.replace(PI_3, busy_cores=cores)


def test_a_quiet_board_whose_cores_are_its_own_leaves_no_doubt() -> None:
    assert kinds() == []


def test_what_held_the_board_back_is_named() -> None:
    spans = (Span(kind="under_voltage", begin_ns=0, end_ns=1), Span(kind="capped", begin_ns=0, end_ns=1))
    (doubt,) = doubts_about([roof(1)], SETS, PI_3, spans, 5)
    assert (doubt.kind, doubt.grave) == ("throttled", True)
    assert "capped, under voltage" in doubt.message


def test_a_wide_interval_is_grave_and_the_widest_is_named() -> None:
    (doubt,) = doubts_about([roof(1, half_width=0.06), roof(4, half_width=0.2)], SETS, PI_3, (), 5)
    assert (doubt.kind, doubt.grave) == ("wide_interval", True)
    assert "2 figures" in doubt.message
    assert "float32 peak of 4 threads (±20.0%)" in doubt.message


def test_one_process_is_not_enough() -> None:
    assert kinds(processes=1) == [("one_process", True)]


def test_arrays_that_memory_was_too_short_for_measure_the_cache() -> None:
    sets = msgspec.structs.replace(SETS, last_level_bytes=SETS.memory_bytes // 6)
    assert kinds(sets=sets) == [("arrays_fit_in_cache", True)]


def test_untold_caches_raise_no_doubt_about_them() -> None:
    assert kinds(sets=msgspec.structs.replace(SETS, last_level_bytes=None)) == []


@pytest.mark.parametrize(("cores", "grave"), [(1.0, True), (0.35, True)])
def test_other_work_beside_threads_on_all_cores_is_grave(cores: float, grave: bool) -> None:
    assert kinds(device=busy(cores)) == [("busy_machine", grave)]


def test_other_work_on_a_core_of_its_own_is_worth_a_word() -> None:
    assert kinds(roof(1), roof(2), device=busy(1.0)) == [("busy_machine", False)]


def test_more_threads_than_cores_are_told_and_not_blamed_for_poor_scaling() -> None:
    assert kinds(roof(1), roof(8, scale=4)) == [("oversubscribed", False)]


def test_threads_that_add_too_little_are_told_with_what_they_reach() -> None:
    (doubt,) = doubts_about([roof(1), roof(4, scale=2)], SETS, PI_3, (), 5)
    assert (doubt.kind, doubt.grave) == ("poor_scaling", False)
    assert "4 threads reach 50% of 4 times the float32 peak of 1 thread" in doubt.message


def test_scaling_is_held_against_the_fewest_threads_measured() -> None:
    assert kinds(roof(2, scale=2), roof(4, scale=4)) == []
    assert kinds(roof(4, scale=1)) == []


def test_what_is_grave_comes_first() -> None:
    found = kinds(roof(1), roof(8, scale=4), processes=1)
    assert found == [("one_process", True), ("oversubscribed", False)]
