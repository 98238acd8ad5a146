"""Telling on pytest's terminal what is being timed: sampling a group takes a while."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

# Between samples no time is to be spent on a terminal.
PERIOD_S = 0.2


class Progress:
    """A line that is rewritten in place; on something that is no terminal there is none.

    ``reporter`` and ``capture`` are pytest's terminal reporter and capture manager, where there are such.
    """

    def __init__(self, reporter: Any, capture: Any, now_s: Callable[[], float] = time.monotonic) -> None:
        self._reporter = reporter
        self._capture = capture
        self._now_s = now_s
        self._shown_s: float | None = None

    def show(self, what: str, done: float, total: float) -> None:
        """So much of it is done, this is at work now."""
        if self._reporter is None or not self._reporter.isatty:
            return
        now_s = self._now_s()
        if self._shown_s is not None and now_s - self._shown_s < PERIOD_S:
            return
        with self._uncaptured():
            if self._shown_s is None:
                self._reporter.ensure_newline()
            line = f"pibench: {done / total:4.0%}  {what}"
            self._reporter.rewrite(line[: shutil.get_terminal_size().columns - 1], erase=True)
        self._shown_s = now_s

    def clear(self) -> None:
        """Take the line away."""
        if self._shown_s is not None:
            with self._uncaptured():
                self._reporter.rewrite("", erase=True)
                self._reporter.rewrite("")
            self._shown_s = None

    def tell(self, sentence: str) -> None:
        """Say something at once, on a line of its own."""
        self.clear()
        if self._reporter is not None:
            with self._uncaptured():
                self._reporter.ensure_newline()
                self._reporter.write_line(f"pibench: {sentence}", yellow=True)

    @contextmanager
    def _uncaptured(self) -> Iterator[None]:
        with self._capture.global_and_fixture_disabled() if self._capture else nullcontext():
            yield
            self._reporter.flush()
