"""What makes a comparison doubtful. Pure: what was compared in, doubts out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pibench.measure.agreement import disagreement
from pibench.measure.doubts import misplaced_threads, output_differs
from pibench.measure.duel import Contestant, Sight
from pibench.report.model import Doubt

LETTERS = "AB"


def doubts_about_duel(
    contestants: Sequence[Contestant], sights: Sequence[Sight], usable_cores: int
) -> tuple[Doubt, ...]:
    """Everything that a reader of the ratio should know, what makes it untrusted first.

    What both sides suffer alike (other work, the clock) is no doubt here: it cancels. Outputs are
    compared between processes, and between the sides where both are the same network.
    """
    return (
        *_outputs_differ(contestants, sights),
        *misplaced_threads([thread for sight in sights for thread in sight.threads]),
        *_oversubscribed(contestants, usable_cores),
        *_not_delegated(contestants, [sight.delegated for sight in sights]),
        *_unread(contestants),
    )


def _outputs_differ(contestants: Sequence[Contestant], sights: Sequence[Sight]) -> Iterator[Doubt]:
    a, b = contestants
    for sight in sights:
        peers = [other.outputs for other in sights] if a.model == b.model else [sight.outputs]
        if where := disagreement(sight.outputs, peers):
            yield output_differs(where)
            return


def _oversubscribed(contestants: Sequence[Contestant], usable_cores: int) -> Iterator[Doubt]:
    for threads in sorted({c.condition.threads for c in contestants if c.condition.threads > usable_cores}):
        who = _sides(c.condition.threads == threads for c in contestants)
        yield Doubt(kind="oversubscribed", message=f"{who}: {threads} threads on {usable_cores} cores: ask for fewer")


def _not_delegated(contestants: Sequence[Contestant], delegated: Sequence[bool]) -> Iterator[Doubt]:
    outside = [c.condition.kernels == "xnnpack" and not whole for c, whole in zip(contestants, delegated, strict=True)]
    if any(outside):
        message = f"{_sides(outside)}: some operations ran outside XNNPACK, on slower kernels"
        yield Doubt(kind="not_delegated", message=message)


def _unread(contestants: Sequence[Contestant]) -> Iterator[Doubt]:
    for reason in dict.fromkeys(c.unread_because for c in contestants if c.unread_because):
        who = _sides(c.unread_because == reason for c in contestants)
        yield Doubt(kind="unread_model", message=f"{who}: the runtime runs what pibench cannot read: {reason}")


def _sides(concerned: Iterator[bool] | Sequence[bool]) -> str:
    return " and ".join(letter for letter, it in zip(LETTERS, concerned, strict=True) if it)
