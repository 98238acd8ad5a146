"""A machine for latency tests on which nothing is measured."""

from __future__ import annotations

from collections.abc import Callable

from boards import PI_3
from fakes import FakeBoard, FakeWorker

from pibench.measure.run import Setting
from pibench.report import Protocol
from pibench.worker.protocol import Clock


class World:
    """What stands in for the machine: its workers, and the protocols that were asked for."""

    def __init__(self) -> None:
        self.make: Callable[[], FakeWorker] = FakeWorker
        self.workers: list[FakeWorker] = []
        self.protocols: list[Protocol] = []

    def look_around(self, protocol: Protocol) -> Setting:
        self.protocols.append(protocol)
        return Setting(protocol, PI_3, Clock(20, 30.0, 60.0), lambda cpus: FakeBoard(), self.worker)

    def worker(self, timeout_s: float) -> FakeWorker:
        self.workers.append(self.make())
        return self.workers[-1]
