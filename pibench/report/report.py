"""Report version 1: everything one run found out."""

from __future__ import annotations

from typing import Literal

from pibench.device import Device
from pibench.report.model import ClockRecord, Protocol, Result, RuntimeRecord, Tool
from pibench.report.profile import Profile
from pibench.report.samples import Session, Struct

SCHEMA_VERSION = 1


class Report(Struct, frozen=True, kw_only=True):
    """One run. ``complete`` is false in what was saved on the way.

    ``profile``: of the first result's subject, layer by layer, where that was asked for; the other
    results are then of its layers, cut out.
    """

    schema_version: Literal[1] = 1
    tool: Tool
    created: str
    command: tuple[str, ...]
    device: Device
    clock: ClockRecord
    protocol: Protocol
    runtimes: tuple[RuntimeRecord, ...]
    results: tuple[Result, ...]
    sessions: tuple[Session, ...]
    complete: bool
    profile: Profile | None = None

    @property
    def networks(self) -> tuple[Result, ...]:
        """The results that the run was about: of a profile the network, without the layers cut out of it."""
        return self.results[:1] if self.profile else self.results
