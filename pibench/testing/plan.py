"""Which latency tests of a session are sampled together, in turns in the same processes."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from pibench.errors import LatencyTestError, PibenchError
from pibench.measure.campaign import Given, Pair
from pibench.report import Condition
from pibench.testing.declared import Declared, conditions_for, declared


class Plan:
    """Groups the tests: those of one pytest-benchmark group, else the parametrisations of one test function.

    Each is sampled with its group once. A test that does not say what it measures, or that is skipped, is not.
    """

    def __init__(self, items: Iterable[pytest.Item]) -> None:
        self._declared: dict[str, Declared | PibenchError] = {}
        self._groups: dict[str, list[str]] = {}
        self._waiting: dict[str, tuple[Given, Declared]] = {}
        for item in items:
            self._add(item)

    def of(self, item: pytest.Item) -> Declared:
        """What a test declares. Raises PibenchError."""
        known = self._declared.get(item.nodeid) or LatencyTestError(
            "name latency among the test's arguments: by getfixturevalue it comes when all is planned"
        )
        if isinstance(known, PibenchError):
            raise known
        return known

    def is_alone(self, item: pytest.Item) -> bool:
        """Whether nothing else is in its group."""
        return len(self._groups[group_of(item)]) == 1

    def is_waiting(self, item: pytest.Item) -> bool:
        """Whether it can still be sampled with its group."""
        return item.nodeid in self._waiting

    def together(self, item: pytest.Item) -> dict[str, Pair]:
        """What to sample for this test and those that wait with it, by test; none of them waits any longer."""
        members = {test: self._waiting.pop(test) for test in self._groups[group_of(item)] if test in self._waiting}
        # A core for each thread is known to be there: each test was looked at when it was added.
        conditions = conditions_for([known.asked for _, known in members.values()])
        return {
            test: (subject, condition)
            for (test, (subject, _)), condition in zip(members.items(), conditions, strict=True)
        }

    def apart(self, item: pytest.Item, subject: Given | None, condition: Condition | None) -> dict[str, Pair]:
        """The same for this test alone, with what it declares where None is given. Raises PibenchError."""
        self._waiting.pop(item.nodeid, None)
        known = self.of(item)
        subject = known.subject if subject is None else subject
        if subject is None:
            raise LatencyTestError(
                "what is to be measured? Give latency() a subject, or name one in the marker latency"
            )
        return {item.nodeid: (subject, condition or conditions_for([known.asked])[0])}

    def _add(self, item: pytest.Item) -> None:
        self._groups.setdefault(group_of(item), []).append(item.nodeid)
        try:
            known = declared(item)
            conditions_for([known.asked])
        except PibenchError as error:
            self._declared[item.nodeid] = error
            return
        self._declared[item.nodeid] = known
        if known.subject is not None and not _is_skipped(item):
            self._waiting[item.nodeid] = (known.subject, known)


def group_of(item: pytest.Item) -> str:
    """What tells groups apart."""
    marker = item.get_closest_marker("benchmark")
    name = marker.kwargs.get("group") if marker else None
    if name is not None:
        return f"group {name}"
    function = getattr(item, "originalname", None) or item.name
    return f"{item.parent.nodeid if item.parent else ''}::{function}"


def _is_skipped(item: pytest.Item) -> bool:
    """As far as its markers tell without evaluating text."""
    never_run = [mark for mark in item.iter_markers("xfail") if not mark.kwargs.get("run", True)]
    if item.config.getoption("runxfail", False):
        never_run = []
    return item.get_closest_marker("skip") is not None or any(map(_holds, [*item.iter_markers("skipif"), *never_run]))


def _holds(mark: pytest.Mark) -> bool:
    """Without a condition always; one that is text is not evaluated."""
    conditions = (mark.kwargs["condition"],) if "condition" in mark.kwargs else mark.args
    return not conditions or any(condition for condition in conditions if not isinstance(condition, str))
