"""Campaigns on this machine: what is looked at once, before the first of them, and how each one runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from pibench.device import Device, read_device
from pibench.measure.board import Board, ThisBoard, gate_of, moved_off
from pibench.measure.campaign import Campaign, Listener, Pair, WorkerFactory
from pibench.report import Protocol, Result, Session
from pibench.worker.client import Worker, probed_clock
from pibench.worker.protocol import Clock, Prepare


class Setting(NamedTuple):
    """What all campaigns of a run share. ``board``: watched from these cores, or from any where none are given."""

    protocol: Protocol
    device: Device
    clock: Clock
    board: Callable[[Sequence[int]], Board]
    worker: WorkerFactory


class Outcome(NamedTuple):
    """What a campaign gave; not ``complete`` where Ctrl-C came in between."""

    results: tuple[Result, ...]
    sessions: tuple[Session, ...]
    complete: bool

    def followed_by(self, later: Outcome) -> Outcome:
        """Both for one report: later processes are numbered on, and later rounds tell of the later results."""
        first = 1 + max((session.process for session in self.sessions), default=-1)
        return Outcome(
            (*self.results, *(_from_process(first, result) for result in later.results)),
            (*self.sessions, *(_placed(session, first, len(self.results)) for session in later.sessions)),
            self.complete and later.complete,
        )


def _from_process(first: int, result: Result) -> Result:
    measurements = tuple(replace(one, process=first + one.process) for one in result.measurements)
    return replace(result, measurements=measurements)


def _placed(session: Session, first: int, results_before: int) -> Session:
    rounds = tuple(tuple(results_before + index for index in turns) for turns in session.rounds)
    return replace(session, process=first + session.process, rounds=rounds)


def look_around(protocol: Protocol, cpus: Sequence[int] = ()) -> Setting:
    """This machine as it is now. Raises WorkerFailedError for ``cpus`` that it does not have or give."""
    device = read_device()
    clock = probed_clock(protocol.timeout_s, Prepare(tuple(cpus), protocol.realtime, protocol.lock_memory))
    # One gate, so that each campaign begins as cool as the first.
    gate = gate_of(protocol)
    return Setting(protocol, device, clock, lambda own_cpus: ThisBoard(protocol, own_cpus, gate), Worker)


def measure(pairs: Sequence[Pair], setting: Setting, listener: Listener) -> Outcome:
    """One campaign over these pairs."""
    cpus = {cpu for _, condition in pairs for cpu in condition.cpus}
    with (
        moved_off(cpus) as own_cpus,
        Campaign(
            pairs,
            setting.protocol,
            setting.device,
            setting.clock.step_ns,
            worker=setting.worker,
            board=setting.board(own_cpus),
            listener=listener,
        ) as campaign,
    ):
        complete = True
        try:
            campaign.run()
        except KeyboardInterrupt:
            complete = False
        return Outcome(campaign.results, campaign.sessions, complete)
