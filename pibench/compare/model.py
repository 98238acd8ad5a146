"""What comparing two reports found out."""

from __future__ import annotations

from typing import Literal

from pibench.report import Condition
from pibench.report.samples import Count, Struct
from pibench.report.setting import Difference

Verdict = Literal["slower", "faster", "same", "undecided", "untrusted"]
DoubtKind = Literal["no_figure", "base_untrusted", "new_untrusted", "machine_changed", "one_process", "other_model"]


class ComparisonDoubt(Struct, frozen=True, kw_only=True):
    """Something a reader of a ratio should know; a ``grave`` one makes it untrusted."""

    kind: DoubtKind
    message: str
    grave: bool = False


class Side(Struct, frozen=True, kw_only=True):
    """One of the two reports: when, by which pibench and with which command it was made, and where.

    ``complete``: whether its run came to its end. ``only``: subjects under conditions that the other lacks.
    """

    created: str
    version: str
    command: tuple[str, ...]
    device: str
    complete: bool
    only: tuple[str, ...]


class Row(Struct, frozen=True, kw_only=True):
    """One subject under one condition, or under the two that were chosen.

    ``ratio`` is NEW's latency over BASE's, ``low`` to ``high`` its interval at the comparison's ``confidence``;
    None where a side has no figure, bounds also where one process shows no spread. ``verdict``: slower and faster by
    that interval, "same" by the row's own at 95 %.
    ``paired``: taken process by process, where both sides took turns in the same ones; else over each side's own.
    """

    subject: str
    new_subject: str
    condition: Condition
    new_condition: Condition
    base_ns: float | None
    new_ns: float | None
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    paired: bool = False
    verdict: Verdict = "untrusted"
    doubts: tuple[ComparisonDoubt, ...] = ()

    @property
    def name(self) -> str:
        return self.subject if self.subject == self.new_subject else f"{self.subject} → {self.new_subject}"


class Mean(Struct, frozen=True, kw_only=True):
    """The geometric mean of so many rows' ratios, with its 95 % interval (None where a row has none)."""

    ratio: float
    low: float | None
    high: float | None
    rows: Count


class Comparison(Struct, frozen=True, kw_only=True):
    """NEW against BASE.

    ``threshold``: the relative change that matters. ``confidence``: of each row's interval, so that all
    hold together at 95 %. ``run_sd``: the relative standard deviation between runs that was reckoned with;
    0 where both sides of each row took turns in the same processes. ``differences``: what was asked to be looked past.
    """

    base: Side
    new: Side
    threshold: float
    confidence: float
    run_sd: float
    differences: tuple[Difference, ...]
    rows: tuple[Row, ...]
    mean: Mean | None

    def having(self, verdict: Verdict) -> list[Row]:
        """The rows with that verdict."""
        return [row for row in self.rows if row.verdict == verdict]
