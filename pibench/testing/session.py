"""Sampling latency tests: a group at once, when the first of it runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from pibench.measure.campaign import Given, Pair
from pibench.measure.facts import hottest_c
from pibench.measure.protocols import PROTOCOLS
from pibench.measure.run import Outcome, Setting, look_around, measure
from pibench.report import Condition, Protocol, Result, Session
from pibench.testing.declared import Declared
from pibench.testing.growing import GrowingReport
from pibench.testing.plan import Plan
from pibench.testing.progress import Progress

# Whether a subject runs at all, no more.
SMOKE = replace(
    PROTOCOLS["quick"],
    processes=1,
    most_processes=1,
    seconds=1e-3,
    warm_up_s=0,
    warm_up_limit_s=0,
    min_samples=1,
    max_samples=1,
    cool_down_limit_s=0,
)


UNDECLARED = "it does not declare what it measures"
OTHERWISE = "it measures something else than it declares"
AGAIN = "it runs once more"


class Sampled(NamedTuple):
    """A test's result. ``apart``: why it was not sampled in turns with its group, where it has one."""

    result: Result
    temperature_c: float | None
    apart: str = ""


class LatencySession:
    """The latency tests of a pytest session, under one protocol.

    ``report``: where to save everything, as which command, or None. With SMOKE for a protocol each test runs alone.
    """

    def __init__(
        self,
        items: Sequence[pytest.Item],
        protocol: Protocol,
        progress: Progress,
        report: tuple[Path, Sequence[str]] | None = None,
    ) -> None:
        self._plan = Plan(items)
        self._protocol = protocol
        self._progress = progress
        self._wanted_report = report
        self._sampled: dict[str, Sampled] = {}
        self.report: GrowingReport | None = None

    @property
    def is_smoke(self) -> bool:
        return self._protocol is SMOKE

    def declared(self, item: pytest.Item) -> Declared:
        """What the test declares. Raises PibenchError for what cannot be."""
        return self._plan.of(item)

    def sample(self, item: pytest.Item, subject: Given | None, condition: Condition | None) -> Sampled:
        """The test's result, by now or by sampling its group. Raises PibenchError."""
        declared = self.declared(item).subject
        as_declared = subject in (None, declared) and condition is None
        if as_declared and item.nodeid in self._sampled:
            return self._sampled.pop(item.nodeid)
        if as_declared and self._plan.is_waiting(item) and not self.is_smoke:
            self._sampled.update(self._taken(self._plan.together(item)))
            return self._sampled.pop(item.nodeid)
        pairs = self._plan.apart(item, subject, condition)
        why = AGAIN if as_declared else UNDECLARED if declared is None else OTHERWISE
        return self._taken(pairs, "" if self._plan.is_alone(item) else why)[item.nodeid]

    def finish(self, complete: bool) -> None:
        """Save the report for good."""
        if self.report:
            self.report.finish(complete)

    def _taken(self, pairs: dict[str, Pair], apart: str = "") -> dict[str, Sampled]:
        """Of one campaign, in which tests that measure the same share a result."""
        distinct = list(dict.fromkeys(pairs.values()))
        outcome = self._measured(distinct)
        found = dict(zip(distinct, outcome.results, strict=True))
        return {
            test: Sampled(found[pair], hottest_c(distinct.index(pair), outcome.sessions), apart)
            for test, pair in pairs.items()
        }

    def _measured(self, pairs: Sequence[Pair]) -> Outcome:
        setting = self._setting
        if self._wanted_report and self.report is None:
            self.report = GrowingReport(*self._wanted_report, setting, self._progress.tell)
        try:
            outcome = measure(pairs, setting, self)
        finally:
            self._progress.clear()
        if self.report:
            self.report.add(outcome)
        if not outcome.complete:
            raise KeyboardInterrupt
        return outcome

    @cached_property
    def _setting(self) -> Setting:
        return look_around(self._protocol)

    # What a campaign tells:

    def progress(self, what: str, done: float, total: float) -> None:
        self._progress.show(what, done, total)

    def results_changed(self, results: Callable[[], Sequence[Result]], sessions: Sequence[Session]) -> None:
        if self.report:
            self.report.results_changed(results, sessions)
