"""All knobs read at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from pibench.doctor.change import undo_commands
from pibench.doctor.host import Host
from pibench.doctor.knob import Finding, Knob
from pibench.doctor.state import StateFile


class LeftOver(msgspec.Struct, frozen=True, kw_only=True):
    """Settings that a ``--tune`` has changed: one that is active, or one that was killed."""

    is_active: bool
    undo: tuple[str, ...]


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """What the machine is like now; ``absent`` names the settings that machines of this kind lack."""

    verdict: Literal["fine", "disturbs"]
    findings: tuple[Finding, ...]
    absent: tuple[str, ...]
    tuned: LeftOver | None


def diagnose(host: Host, knobs: Sequence[Knob]) -> Diagnosis:
    findings = tuple(knob.read(host) for knob in knobs if knob.available(host))
    return Diagnosis(
        verdict="disturbs" if any(finding.verdict == "disturbs" for finding in findings) else "fine",
        findings=findings,
        absent=tuple(knob.title for knob in knobs if not knob.available(host)),
        tuned=_left_over(host),
    )


def _left_over(host: Host) -> LeftOver | None:
    state = StateFile(host)
    changes = state.load()
    return LeftOver(is_active=state.is_locked(), undo=undo_commands(changes)) if changes else None
