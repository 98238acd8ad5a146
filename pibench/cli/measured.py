"""Measuring for a command: a campaign with a progress bar, whose report grows on disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from pibench.cli.progress import Progress
from pibench.cli.recorder import Recorder
from pibench.device import read_device
from pibench.graph import Graph
from pibench.measure.board import ThisBoard, moved_off
from pibench.measure.campaign import Campaign
from pibench.report import Condition, Protocol, Report
from pibench.subject import Subject
from pibench.worker.client import Worker, probed_clock
from pibench.worker.protocol import Prepare


class Run(NamedTuple):
    """What is to be measured and where the report goes.

    ``named_cpus``: the cores that the user named. ``to_be_continued``: the report lacks more than the campaign
    gives, and so is incomplete on disk until the caller keeps it again.
    """

    subjects: Sequence[str | Graph | Subject]
    conditions: Sequence[Condition]
    protocol: Protocol
    path: Path
    command: Sequence[str]
    named_cpus: Sequence[int] = ()
    to_be_continued: bool = False


def measured(run: Run) -> tuple[Recorder, Report]:
    """The report, complete unless Ctrl-C came in between."""
    protocol = run.protocol
    cpus = {cpu for condition in run.conditions for cpu in condition.cpus}
    device = read_device()
    # All that were named, also those that no thread needs: a core that does not exist is a mistake.
    asked = tuple(sorted(cpus | set(run.named_cpus)))
    clock = probed_clock(protocol.timeout_s, Prepare(asked, protocol.realtime, protocol.lock_memory))
    complete = True
    with moved_off(cpus) as own_cpus, Progress() as progress:
        recorder = Recorder(run.path, run.command, device, clock, protocol, progress)
        with Campaign(
            run.subjects,
            run.conditions,
            protocol,
            device,
            clock.step_ns,
            worker=Worker,
            board=ThisBoard(protocol, own_cpus),
            listener=recorder,
        ) as campaign:
            try:
                campaign.run()
            except KeyboardInterrupt:
                complete = False
            report = recorder.finish(campaign.results, campaign.sessions, complete and not run.to_be_continued)
            return recorder, replace(report, complete=complete)
