from __future__ import annotations

import contextlib
from collections.abc import Iterator

from pibench.testing.progress import Progress


class FakeReporter:
    def __init__(self, isatty: bool) -> None:
        self.isatty = isatty
        self.written: list[str] = []

    def ensure_newline(self) -> None:
        self.written.append("\n")

    def rewrite(self, line: str, **markup: bool) -> None:
        self.written.append(f"\r{line}")

    def write_line(self, line: str, **markup: bool) -> None:
        self.written.append(f"{line}\n")

    def flush(self) -> None: ...


class FakeCapture:
    disabled = 0

    @contextlib.contextmanager
    def global_and_fixture_disabled(self) -> Iterator[None]:
        self.disabled += 1
        yield


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_terminal_has_one_line_that_is_rewritten_and_taken_away() -> None:
    reporter, capture, clock = FakeReporter(isatty=True), FakeCapture(), Clock()
    progress = Progress(reporter, capture, clock)
    progress.show("process 1, 3 networks", 0.5, 5)
    clock.now_s = 1
    progress.show("process 2, 3 networks", 2, 5)
    progress.clear()
    assert reporter.written == [
        "\n",
        "\rpibench:  10%  process 1, 3 networks",
        "\rpibench:  40%  process 2, 3 networks",
        "\r",
        "\r",
    ]
    assert capture.disabled == 3


def test_it_is_not_rewritten_more_often_than_people_read() -> None:
    reporter, clock = FakeReporter(isatty=True), Clock()
    progress = Progress(reporter, FakeCapture(), clock)
    for tick in range(100):
        clock.now_s = tick / 100
        progress.show("process 1", tick, 100)
    assert 4 <= len(reporter.written) <= 7


def test_what_is_no_terminal_stays_as_it_is() -> None:
    reporter = FakeReporter(isatty=False)
    progress = Progress(reporter, FakeCapture(), Clock())
    progress.show("process 1", 1, 5)
    progress.clear()
    assert reporter.written == []


def test_a_sentence_is_told_everywhere() -> None:
    reporter = FakeReporter(isatty=False)
    Progress(reporter, None, Clock()).tell("the disk is full")
    assert reporter.written == ["\n", "pibench: the disk is full\n"]


def test_without_a_reporter_nothing_is_told() -> None:
    progress = Progress(None, None, Clock())
    progress.show("process 1", 1, 5)
    progress.tell("the disk is full")
    progress.clear()
