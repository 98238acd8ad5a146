"""From a soak's samples to its place in a report. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pibench.device import CoolDown, Device, Span, Trace
from pibench.measure.doubts import doubts_about
from pibench.measure.endurance import Endurance
from pibench.measure.summary import summarise
from pibench.report.model import Condition, Doubt, DoubtKind, Failure, Protocol, Result, SubjectRecord
from pibench.report.samples import Measurement, Session

# What a bench would doubt and a soak is about, or has by design (one process), is left out.
_KINDS: frozenset[DoubtKind] = frozenset(
    {
        "misplaced_threads",
        "missing_threads",
        "oversubscribed",
        "not_delegated",
        "busy_machine",
        "preempted",
        "uncounted_ops",
        "unread_model",
    }
)
_PLAIN = {
    "under_voltage": "the supply is too weak (under-voltage)",
    "capped": "the firmware capped the clock",
    "throttled": "the firmware throttled the clock",
    "soft_limit": "the soft temperature limit was reached",
    "slow_clock": "the clock fell, or its limit",
    "cooling": "the kernel's cooling set in",
}


def soak_result(
    subject: SubjectRecord,
    condition: Condition,
    protocol: Protocol,
    device: Device,
    measurement: Measurement | None,
    found: Endurance | None,
    *,
    failure: Failure | None = None,
    unread_because: str = "",
) -> Result:
    """The result, with a figure where there is any sample; a failure then is a doubt too.

    No sample is set aside: a board that holds back is what a soak looks for, and the spans tell.
    """
    summary = summarise([measurement]) if measurement else None
    if measurement is None or summary is None or found is None:
        return Result(subject=subject, condition=condition, failure=failure)
    usual = doubts_about(subject, condition, [measurement], summary, device, protocol, unread_because=unread_because)
    lost = f"the soak ended early: {failure.message}" if failure else ""
    doubts = (
        *([Doubt(kind="process_lost", message=lost, grave=True)] if lost else []),
        *_of_endurance(found),
        *(doubt for doubt in usual if doubt.kind in _KINDS),
    )
    return Result(
        subject=subject,
        condition=condition,
        measurements=(measurement,),
        summary=summary,
        verdict="untrusted" if any(doubt.grave for doubt in doubts) else "trusted",
        doubts=doubts,
        failure=failure,
    )


def soak_session(measurement: Measurement | None, device: Device, trace: Trace, spans: Sequence[Span]) -> Session:
    """The one process of a soak, which begins on the board as it is."""
    outcome = CoolDown(outcome="not_asked", waited_s=0, temperature_c=device.temperature_c)
    rounds = ((0,),) * (len(measurement.blocks) if measurement else 0)
    return Session(process=0, cool_down=outcome, rounds=rounds, trace=trace, spans=tuple(spans))


def _of_endurance(found: Endurance) -> Iterator[Doubt]:
    if found.onset:
        yield Doubt(
            kind="throttled",
            message=f"{_PLAIN[found.onset.kind]} after {clock_time(found.onset.after_s)},"
            f" for {clock_time(found.onset.lasted_s)} in all",
        )
    if found.rise:
        flag = "" if found.onset else ", no flag of the board"
        yield Doubt(
            kind="drift",
            message=f"slower from {clock_time(found.rise.after_s)} on, by {found.rise.change:.0%}{flag}",
        )


def clock_time(seconds: float) -> str:
    """Minutes and seconds, "3:07 min"; tenths of a second below a minute, "4.2 s"."""
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d} min"
