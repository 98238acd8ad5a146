from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest
from pages import touch_pages

from pibench import _native
from pibench.worker.counters import Reading, ThreadCounters, scaled

TASK_CLOCK = (1, 1)
PAGE_FAULTS = (1, 2)
ABSENT = (0x7FFF, 0)

ME = threading.get_native_id()


def refused(event: tuple[int, int], user_only: bool) -> str:
    counters = _native.Counters(ME, [event], user_only)
    counters.close()
    return os.strerror(counters.problem) if counters.problem else ""


needs_perf = pytest.mark.skipif(bool(refused(TASK_CLOCK, True)), reason=f"perf_event_open: {refused(TASK_CLOCK, True)}")


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def count(counters: _native.Counters, pages: int) -> tuple[tuple[int, ...], int, int]:
    counters.start()
    touch_pages(pages)
    return counters.stop()


@needs_perf
def test_events_are_counted_between_start_and_stop_alone() -> None:
    counters = _native.Counters(ME, [TASK_CLOCK, PAGE_FAULTS])
    (_, first), _, _ = count(counters, 100)
    touch_pages(5000)
    (clock_ns, second), enabled_ns, running_ns = count(counters, 200)
    counters.close()
    assert 100 <= first < 2000
    assert 200 <= second < 2000
    assert 0 < running_ns <= enabled_ns
    assert clock_ns > 0


@needs_perf
def test_what_the_kernel_lacks_is_left_out_and_the_rest_kept() -> None:
    counters = _native.Counters(ME, [ABSENT, TASK_CLOCK, ABSENT, PAGE_FAULTS])
    assert counters.opened == (1, 3)
    assert counters.problem in (errno.ENOENT, errno.EINVAL, errno.EOPNOTSUPP)
    counts, _, _ = count(counters, 10)
    counters.close()
    assert len(counts) == 2


def test_nothing_but_absent_events_counts_nothing() -> None:
    counters = _native.Counters(ME, [ABSENT])
    counters.start()
    assert (counters.opened, counters.stop()) == ((), ((), 0, 0))
    counters.close()


@needs_perf
def test_more_events_than_a_group_holds_are_left_out() -> None:
    counters = _native.Counters(ME, [PAGE_FAULTS] * 12)
    assert (len(counters.opened), counters.problem) == (8, errno.ENOSPC)
    counters.close()


@needs_perf
def test_closing_releases_the_files() -> None:
    before = open_files()
    counters = _native.Counters(ME, [TASK_CLOCK, PAGE_FAULTS])
    assert open_files() == before + 2
    counters.close()
    counters.close()
    assert open_files() == before
    counters.start()
    assert counters.stop() == ((), 0, 0)


@needs_perf
def test_a_dropped_group_releases_its_files() -> None:
    before = open_files()
    _native.Counters(ME, [TASK_CLOCK])
    assert open_files() == before


def test_a_group_that_counted_part_of_the_time_is_scaled() -> None:
    assert scaled(Reading((100, 7), enabled_ns=4000, running_ns=1000)) == (400, 28)


def test_a_group_that_counted_all_the_time_is_kept_exactly() -> None:
    assert scaled(Reading((2**53 + 1,), enabled_ns=1000, running_ns=1000)) == (2**53 + 1,)


def test_a_group_that_never_counted_is_absent_and_not_zero() -> None:
    assert scaled(Reading((0, 0), enabled_ns=1000, running_ns=0)) is None


def test_a_thread_that_never_ran_counted_nothing() -> None:
    assert scaled(Reading((0, 0), enabled_ns=0, running_ns=0)) == (0, 0)


class FakeGroup:
    """What _native.Counters would be on a processor with counters."""

    def __init__(self, opened: tuple[int, ...], reading: tuple[tuple[int, ...], int, int] | OSError) -> None:
        self.opened = opened
        self.reading = reading

    def start(self) -> None:
        if isinstance(self.reading, OSError):
            raise self.reading

    def stop(self) -> tuple[tuple[int, ...], int, int]:
        if isinstance(self.reading, OSError):
            raise self.reading
        return self.reading if self.opened else ((), 0, 0)

    def close(self) -> None:
        self.opened = ()


CYCLES, MISSES = (0, 0), (3, 0x10000)


@pytest.mark.parametrize(
    ("groups", "counts"),
    [
        ([FakeGroup((0, 1), ((10, 3), 5, 5)), FakeGroup((0, 1), ((20, 4), 8, 4))], {CYCLES: 50, MISSES: 11}),
        ([FakeGroup((0, 1), ((10, 3), 5, 5)), FakeGroup((0,), ((20,), 5, 5))], {CYCLES: 30}),
        ([FakeGroup((0, 1), ((10, 3), 5, 5)), FakeGroup((0, 1), ((0, 0), 5, 0))], {}),
        ([FakeGroup((0, 1), ((10, 3), 5, 5)), FakeGroup((), ((), 0, 0))], {}),
        ([FakeGroup((0, 1), ((10, 3), 5, 5)), FakeGroup((0, 1), OSError(errno.ENODATA, "gone"))], {}),
        ([FakeGroup((1,), ((3,), 5, 5))], {MISSES: 3}),
    ],
)
def test_threads_are_summed_and_what_one_of_them_lacks_is_absent(
    groups: list[FakeGroup], counts: dict[tuple[int, int], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    supply = iter(groups)
    monkeypatch.setattr(_native, "Counters", lambda *_: next(supply))
    counters = ThreadCounters(range(len(groups)), (CYCLES, MISSES))
    counters.start()
    assert counters.stop() == counts
