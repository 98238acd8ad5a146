"""Which of a report's results a page tells of. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pibench.report import Report, Result
from pibench.words.results import distinct, short_condition


def shown_results(report: Report) -> list[Result]:
    """All but a profile's layers, which are shown as layers; what could not be read once, not per condition."""
    return distinct(report.networks)


class Names:
    """How results are called where they stand side by side."""

    def __init__(self, results: Sequence[Result]) -> None:
        self._conditions = {result.condition for result in results}

    def condition(self, result: Result) -> str:
        """What of its condition sets it apart from the others."""
        return short_condition(result.condition, self._conditions)

    def full(self, result: Result) -> str:
        """Subject and condition."""
        return ", ".join(part for part in (result.subject.name, self.condition(result)) if part)
