"""A run over subjects, each under a condition: in which order, and what is kept when something fails."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Protocol as Interface

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from pibench.device import CoolDown, Device, Span, Trace
from pibench.device.sensors import policies_of
from pibench.device.throttling import disturbed_spans, undisturbed
from pibench.engine.runtimes import find_runtime
from pibench.errors import RuntimeMissingError
from pibench.graph import Graph
from pibench.measure.asks import Asks
from pibench.measure.batches import in_batches
from pibench.measure.board import Board
from pibench.measure.case import Case
from pibench.measure.instance import Model, Taken
from pibench.measure.prepared import failure_of, prepare
from pibench.measure.session import ModelFailedError, SessionSampler
from pibench.memory import available_memory_bytes
from pibench.report.model import Condition, Failure, Protocol, Result
from pibench.report.samples import Measurement, Reference, Session
from pibench.subject import Subject
from pibench.worker.client import WorkerFailedError
from pibench.worker.protocol import Prepare, Prepared

WorkerFactory = Callable[[float], AbstractContextManager[Asks]]
Given = str | Graph | Subject
Pair = tuple[Given, Condition]


class Listener(Interface):
    """Told what the campaign does, for progress and for saving.

    ``results`` concludes from all that was measured, which takes as long as some sessions do: only who wants
    the results on the way asks for them.
    """

    def progress(self, what: str, done: float, total: float) -> None: ...

    def results_changed(self, results: Callable[[], Sequence[Result]], sessions: Sequence[Session]) -> None: ...


class Campaign:
    """Measures every subject under its condition as the protocol says.

    ``worker`` makes a worker with a time limit in seconds. A subject that fails keeps what it
    has, is not tried again, and does not touch the others.
    """

    def __init__(
        self,
        pairs: Sequence[Pair],
        protocol: Protocol,
        device: Device,
        clock_step_ns: int,
        *,
        worker: WorkerFactory,
        board: Board,
        listener: Listener,
        available_bytes: Callable[[], int] = available_memory_bytes,
    ) -> None:
        self._protocol = protocol
        self._device = device
        self._clock_step_ns = clock_step_ns
        self._worker = worker
        self._board = board
        self._listener = listener
        self._available_bytes = available_bytes
        self._directory = tempfile.TemporaryDirectory(prefix="pibench-")
        self._cases = list(self._cases_of(pairs))
        self._sessions: list[Session] = []

    def __enter__(self) -> Campaign:
        return self

    def __exit__(self, *_: object) -> None:
        self._directory.cleanup()

    @property
    def results(self) -> tuple[Result, ...]:
        return tuple(case.result(self._device, self._peers(case)) for case in self._cases)

    @property
    def sessions(self) -> tuple[Session, ...]:
        return tuple(self._sessions)

    def run(self) -> None:
        """Take all measurements; the listener hears of each session."""
        for process in range(self._protocol.most_processes):
            waiting = [index for index, case in enumerate(self._cases) if case.is_waiting]
            if not waiting:
                return
            sessions = self._sessions_of(process, waiting)
            for number, indices in enumerate(sessions):
                self._session(process, indices, number / len(sessions), 1 / len(sessions))
            for case in self._cases:
                case.look(process + 1)

    def _sessions_of(self, process: int, waiting: Sequence[int]) -> list[list[int]]:
        """Which cases share a worker: all, or each has its own, in a random order."""
        if self._protocol.interleaved:
            return [list(waiting)]
        order = random.Random(f"{self._protocol.seed} {process}")
        return [[index] for index in order.sample(waiting, len(waiting))]

    def _session(self, process: int, indices: Sequence[int], begun: float, part: float) -> None:
        """One worker; anew without the culprit when it dies."""

        def progress(fraction: float) -> None:
            looks = [case.next_look for case in self._cases if case.is_waiting]
            self._listener.progress(self._at_work(process, indices), process + begun + part * fraction, max(looks))

        starts_lost = 0
        while indices:
            progress(0)
            try:
                self._measure(process, indices, progress)
            except ModelFailedError as error:
                case = self._cases[error.model.index]
                case.fail(failure_of(error.cause, case.subject.name, case.unread_because))
                indices = [index for index in indices if index != error.model.index]
            except WorkerFailedError as error:
                # Before any model was loaded. Once may be an accident.
                starts_lost += 1
                if starts_lost > 1:
                    for index in indices:
                        self._cases[index].fail(Failure(kind=error.kind, message=str(error), detail=error.detail))
                    indices = []
            else:
                indices = []
            finally:
                self._listener.results_changed(lambda: self.results, self.sessions)

    def _at_work(self, process: int, indices: Sequence[int]) -> str:
        case = self._cases[indices[0]]
        what = f"{case.subject.name} ({case.condition})" if len(indices) == 1 else f"{len(indices)} networks"
        return f"process {process + 1}, {what}"

    def _measure(self, process: int, indices: Sequence[int], progress: Callable[[float], None]) -> None:
        cool_down = self._board.cool_down()
        with self._board.recording() as recording, self._worker(self._protocol.timeout_s) as worker:
            worker.ask(self._preparation(indices), Prepared)
            sampler = SessionSampler(
                worker,
                [self._model(index) for index in indices],
                self._protocol,
                process=process,
                clock_step_ns=self._clock_step_ns,
                batched=partial(in_batches, available_bytes=self._available_bytes()),
                progress=progress,
            )
            try:
                sampler.run()
            except ModelFailedError:
                raise
            except BaseException:
                self._keep(process, cool_down, recording.stop(), sampler)
                raise
            self._keep(process, cool_down, recording.stop(), sampler)

    def _preparation(self, indices: Sequence[int]) -> Prepare:
        cpus = sorted({cpu for index in indices for cpu in self._cases[index].condition.cpus})
        return Prepare(tuple(cpus), self._protocol.realtime, self._protocol.lock_memory)

    def _model(self, index: int) -> Model:
        case = self._cases[index]
        assert case.model is not None
        return Model(index, case.model, case.condition, case.memory_bytes)

    def _keep(self, process: int, cool_down: CoolDown, trace: Trace, sampler: SessionSampler) -> None:
        """What the session gave, but for instances that were broken off early."""
        taken = [one for one in sampler.taken() if len(one.measurement.duration_ns) >= self._protocol.min_samples]
        cpus = {cpu for one in taken for cpu in self._cases[one.index].condition.cpus}
        spans = _spans(trace, taken, policies_of(cpus) if cpus else None)
        for one in taken:
            self._cases[one.index].add(_held_against(spans, one.measurement), one.outputs, cool_down)
        rounds = tuple(sampler.rounds)
        self._sessions.append(Session(process=process, cool_down=cool_down, rounds=rounds, trace=trace, spans=spans))

    def _peers(self, case: Case) -> list[Case]:
        return [other for other in self._cases if other.subject.digest == case.subject.digest]

    def _cases_of(self, pairs: Sequence[Pair]) -> Iterator[Case]:
        # The runtime reads what was read here, even if the user's file changes meanwhile.
        subjects = {
            given: prepare(given, Path(self._directory.name, f"{index}.tflite"), self._protocol.seed)
            for index, given in enumerate(dict.fromkeys(given for given, _ in pairs))
        }
        for given, condition in pairs:
            prepared = subjects[given]
            case = Case(prepared.record, condition, self._protocol, prepared.model, prepared.unread_because)
            if failure := prepared.failure or _missing_runtime(condition):
                case.fail(failure)
            yield case


def _spans(trace: Trace, taken: Sequence[Taken], policies: Sequence[str] | None) -> tuple[Span, ...]:
    """Of the time in which samples were taken: before and after, an idle core's clock is low."""
    if not taken:
        return ()
    begin_ns = min(one.measurement.start_ns[0] for one in taken)
    end_ns = max(one.measurement.start_ns[-1] + one.measurement.duration_ns[-1] for one in taken)
    return disturbed_spans(trace, begin_ns, end_ns, policies)


def _held_against(spans: Sequence[Span], measurement: Measurement) -> Measurement:
    """With the samples named that touch a span, and without such samples of the reference."""
    reference = measurement.reference
    touched = np.flatnonzero(_touches(measurement.start_ns, measurement.duration_ns, spans))
    good = np.flatnonzero(~_touches(reference.start_ns, reference.duration_ns, spans)).tolist()
    return replace(
        measurement,
        set_aside=tuple(touched.tolist()),
        reference=Reference(
            start_ns=tuple(reference.start_ns[k] for k in good),
            duration_ns=tuple(reference.duration_ns[k] for k in good),
        ),
    )


def _touches(start_ns: Sequence[int], duration_ns: Sequence[int], spans: Sequence[Span]) -> npt.NDArray[np.bool_]:
    return ~undisturbed(np.array(start_ns, np.int64), np.array(duration_ns, np.int64), spans)


def _missing_runtime(condition: Condition) -> Failure | None:
    try:
        find_runtime(condition.runtime)
    except RuntimeMissingError as error:
        return Failure(kind="runtime_missing", message=str(error))
    return None
