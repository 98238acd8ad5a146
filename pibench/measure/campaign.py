"""A run over subjects and conditions: in which order, and what is kept when something fails."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple
from typing import Protocol as Interface

from pibench.device import Device, read_temperature_c
from pibench.engine.runtimes import find_runtime
from pibench.errors import PibenchError, RuntimeMissingError
from pibench.measure.doubts import doubts_about
from pibench.measure.summary import summarise
from pibench.measure.trial import Asks, take
from pibench.report.model import (
    Condition,
    Doubt,
    Failure,
    Measurement,
    Protocol,
    Result,
    SubjectRecord,
)
from pibench.subject import Subject, kind_of, load_subject, printable
from pibench.worker.client import WorkerFailedError

WorkerFactory = Callable[[float], AbstractContextManager[Asks]]


class Listener(Interface):
    """Told what the campaign does, for progress and for saving."""

    def trial_begins(self, subject: str, condition: Condition, number: int, total: int) -> None: ...

    def results_changed(self, results: Sequence[Result]) -> None: ...


class Case:
    """One subject under one condition, and what is known of it so far."""

    def __init__(self, subject: SubjectRecord, condition: Condition, model: Path | None, unread_because: str) -> None:
        self.subject = subject
        self.condition = condition
        self.model = model
        self.unread_because = unread_because
        self.measurements: list[Measurement] = []
        self.failure: Failure | None = None

        self._result: Result | None = None

    def add(self, measurement: Measurement) -> None:
        """Take in what one more process measured."""
        self.measurements.append(measurement)
        self._result = None

    def fail(self, failure: Failure) -> None:
        """Give the case up; what it has is kept."""
        self.failure = failure
        self._result = None

    def result(self, device: Device) -> Result:
        """What is known now; concluded anew only after a change."""
        if self._result is None:
            self._result = self._concluded(device)
        return self._result

    def _concluded(self, device: Device) -> Result:
        if not self.measurements:
            return Result(subject=self.subject, condition=self.condition, failure=self.failure)
        summary = summarise(self.measurements)
        doubts = doubts_about(
            self.subject, self.condition, self.measurements, summary, device, unread_because=self.unread_because
        )
        if self.failure:
            lost = Doubt(kind="process_lost", message=f"a later process was lost: {self.failure.message}")
            doubts = (lost, *doubts)
        return Result(
            subject=self.subject,
            condition=self.condition,
            measurements=tuple(self.measurements),
            summary=summary,
            doubts=doubts,
            failure=self.failure,
        )


class Campaign:
    """Measures every subject under every condition, in rounds of fresh processes.

    ``worker`` makes a worker with a time limit in seconds. A subject that fails keeps what it
    has, is not tried again, and does not touch the others.
    """

    def __init__(
        self,
        subjects: Sequence[str],
        conditions: Sequence[Condition],
        protocol: Protocol,
        device: Device,
        clock_step_ns: int,
        *,
        worker: WorkerFactory,
        listener: Listener,
        temperature_c: Callable[[], float | None] = read_temperature_c,
    ) -> None:
        self._protocol = protocol
        self._device = device
        self._clock_step_ns = clock_step_ns
        self._worker = worker
        self._listener = listener
        self._temperature_c = temperature_c
        self._directory = tempfile.TemporaryDirectory(prefix="pibench-")
        self._cases = [case for index, text in enumerate(subjects) for case in self._cases_of(index, text, conditions)]

    def __enter__(self) -> Campaign:
        return self

    def __exit__(self, *_: object) -> None:
        self._directory.cleanup()

    @property
    def results(self) -> tuple[Result, ...]:
        return tuple(case.result(self._device) for case in self._cases)

    def run(self) -> None:
        """Take all measurements; the listener hears of each."""
        plan = self._plan()
        for number, (process, case) in enumerate(plan):
            if case.failure is None:
                self._listener.trial_begins(case.subject.name, case.condition, number, len(plan))
                self._trial(case, process)
                self._listener.results_changed(self.results)

    def _plan(self) -> list[tuple[int, Case]]:
        """Rounds over all cases, each in its own random order, so that drift spreads over all."""
        order = random.Random(self._protocol.seed)
        cases = [case for case in self._cases if case.failure is None]
        plan = []
        for process in range(self._protocol.processes):
            order.shuffle(cases)
            plan += [(process, case) for case in cases]
        return plan

    def _trial(self, case: Case, process: int) -> None:
        assert case.model is not None
        try:
            with self._worker(self._protocol.timeout_s) as worker:
                measurement = take(
                    worker,
                    case.model,
                    case.condition,
                    self._protocol,
                    process=process,
                    clock_step_ns=self._clock_step_ns,
                    temperature_c=self._temperature_c,
                )
        except WorkerFailedError as error:
            case.fail(_failure_of(error, case))
        else:
            case.add(measurement)

    def _cases_of(self, index: int, text: str, conditions: Sequence[Condition]) -> list[Case]:
        prepared = self._prepared(index, text)
        cases = [Case(prepared.record, condition, prepared.model, prepared.unread_because) for condition in conditions]
        for case in cases:
            if failure := prepared.failure or _missing_runtime(case.condition):
                case.fail(failure)
        return cases

    def _prepared(self, index: int, text: str) -> _Prepared:
        try:
            subject = load_subject(text, self._protocol.seed)
            # The runtime reads what was read here, even if the user's file changes meanwhile.
            model = Path(self._directory.name, f"{index}.tflite")
            model.write_bytes(subject.model)
        except (PibenchError, OSError, MemoryError) as error:
            record = SubjectRecord(name=printable(text), kind=kind_of(text))
            return _Prepared(record, None, Failure(kind="subject", message=_sentence(text, error)), "")
        return _Prepared(_record(subject), model, None, subject.unread_because)


class _Prepared(NamedTuple):
    record: SubjectRecord
    model: Path | None
    failure: Failure | None
    unread_because: str


def _record(subject: Subject) -> SubjectRecord:
    graph = subject.graph
    return SubjectRecord(
        name=subject.name,
        kind=subject.kind,
        digest=subject.digest,
        file_bytes=len(subject.model),
        macs=graph.total_macs if graph else None,
        parameters=graph.total_parameters if graph else None,
        uncounted_ops=graph.uncounted_ops if graph else (),
    )


def _sentence(text: str, error: Exception) -> str:
    if isinstance(error, PibenchError):
        return str(error)
    cause = "there is too little memory" if isinstance(error, MemoryError) else str(error)
    return f"{printable(text)} cannot be prepared: {cause}"


def _missing_runtime(condition: Condition) -> Failure | None:
    try:
        find_runtime(condition.runtime)
    except RuntimeMissingError as error:
        return Failure(kind="runtime_missing", message=str(error))
    return None


def _failure_of(error: WorkerFailedError, case: Case) -> Failure:
    """What our own reader found wrong with a model says more than how a runtime died of it."""
    if case.unread_because:
        return Failure(kind=error.kind, message=case.unread_because, detail=f"{error}\n{error.detail}".strip())
    return Failure(kind=error.kind, message=f"{case.subject.name}: {error}", detail=error.detail)
