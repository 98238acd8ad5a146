"""One subject under one condition, and what is known of it so far."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pibench.device import CoolDown, Device
from pibench.measure.agreement import Outputs, disagreement
from pibench.measure.doubts import doubts_about
from pibench.measure.summary import figure, nested_ns, summarise
from pibench.report.model import Condition, Doubt, Failure, Protocol, Result, SubjectRecord
from pibench.report.samples import Measurement
from pibench.stats import checked_confidence, next_check, precision

CONFIDENCE = 0.95


class Case:
    """Takes in what each process measured, and says when that is enough."""

    def __init__(
        self, subject: SubjectRecord, condition: Condition, protocol: Protocol, model: Path | None, unread_because: str
    ) -> None:
        self.subject = subject
        self.condition = condition
        self.model = model
        self.unread_because = unread_because
        self.outputs: list[Outputs] = []
        self.failure: Failure | None = None
        self.next_look = protocol.processes
        self._protocol = protocol
        self._measurements: list[Measurement] = []
        self._cool_downs: dict[int, CoolDown] = {}
        self._confidence = CONFIDENCE
        self._precise = False
        self._known: tuple[object, Result] | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether more is to be measured."""
        return self.failure is None and not self._precise

    @property
    def memory_bytes(self) -> int:
        """What loading the model took at most, as far as known."""
        setups = [measurement.setup for measurement in self._measurements]
        return max((setup.peak_memory_bytes - setup.baseline_memory_bytes for setup in setups), default=0)

    def add(self, measurement: Measurement, outputs: Sequence[Outputs], cool_down: CoolDown) -> None:
        """Take in what one more instance measured."""
        self._measurements.append(measurement)
        self._cool_downs[measurement.process] = cool_down
        self.outputs += outputs

    def fail(self, failure: Failure) -> None:
        """Give the case up; what it has is kept."""
        self.failure = failure

    def look(self, processes: int) -> None:
        """After so many processes: is the interval narrow enough?

        Looked at a few times only, and then at a higher confidence, so that it still covers
        although its width decides (``pibench.stats.MedianSampling`` tells why; simulated, 94 to 98 %).
        """
        if processes < self.next_look or not self.is_waiting or processes >= self._protocol.most_processes:
            return
        self.next_look = min(next_check(processes), self._protocol.most_processes)
        nested = nested_ns(self._measurements)
        if len(nested) < 2:
            return
        confidence = checked_confidence(CONFIDENCE)
        interval = figure(nested, self._protocol.statistic, confidence)
        if precision(interval, self._protocol.precision) == "precise":
            self._precise, self._confidence = True, confidence

    def result(self, device: Device, peers: Sequence[Case]) -> Result:
        """What is known now; concluded anew only after a change.

        ``peers``: all cases of the same model, this one among them.
        """
        state = (len(self._measurements), self._confidence, self.failure, sum(len(peer.outputs) for peer in peers))
        if self._known is None or self._known[0] != state:
            self._known = state, self._concluded(device, peers)
        return self._known[1]

    def _concluded(self, device: Device, peers: Sequence[Case]) -> Result:
        summary = summarise(self._measurements, statistic=self._protocol.statistic, confidence=self._confidence)
        if summary is None:
            return Result(
                subject=self.subject,
                condition=self.condition,
                measurements=tuple(self._measurements),
                failure=self.failure or self._set_aside(),
            )
        doubts = doubts_about(
            self.subject,
            self.condition,
            self._measurements,
            summary,
            device,
            self._protocol,
            cool_downs=list(self._cool_downs.values()),
            disagreement=disagreement(self.outputs, [peer.outputs for peer in peers]),
            unread_because=self.unread_because,
        )
        if self.failure:
            message = f"a later process was lost: {self.failure.message}"
            doubts = (Doubt(kind="process_lost", message=message, grave=True), *doubts)
        return Result(
            subject=self.subject,
            condition=self.condition,
            measurements=tuple(self._measurements),
            summary=summary,
            verdict="untrusted" if any(doubt.grave for doubt in doubts) else "trusted",
            doubts=doubts,
            failure=self.failure,
        )

    def _set_aside(self) -> Failure | None:
        if not self._measurements:
            return None
        return Failure(
            kind="throttled",
            message=f"{self.subject.name}: all samples were taken while the board was throttled, capped or"
            " under-voltage: cool it or feed it better",
        )
