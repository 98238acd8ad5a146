"""The second way over several processes: the runtime's own profiler, in fresh workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from pibench.errors import EngineError
from pibench.graph import Graph, Layer, layers_of
from pibench.measure.asks import Asks
from pibench.measure.layers import LEAST_NS
from pibench.measure.prepared import failure_of
from pibench.profile.assembled import InPlaceFound
from pibench.profile.in_place import InPlace, LayerTime, measure_in_place
from pibench.profile.timing import ratio_over, timing_over
from pibench.report import Condition, Failure, InPlaceWay, Protocol, Timing, Unmapped
from pibench.subject import Subject
from pibench.worker.client import WorkerFailedError
from pibench.worker.protocol import Prepare, Prepared

ROUNDS = 20
INSTANCES = 2
# In each process, with the profiler and without together, as far as the fewest inferences allow.
SAMPLING_NS = 1e9
# Fewer have no middle half without those that were interrupted.
FEWEST_RUNS = 4
MOST_RUNS = 10


class InPlaceProcesses:
    """Profiles a model in each of the protocol's processes. ``progress`` hears of processes done, and of how many.

    ``graph``: as deployed, None where the file cannot be followed. ``expected_ns``: about how long an
    inference takes. A failure ends the run; what it has is kept.
    """

    def __init__(
        self,
        subject: Subject,
        model: Path,
        graph: Graph | None,
        condition: Condition,
        protocol: Protocol,
        *,
        worker: Callable[[float], AbstractContextManager[Asks]],
        expected_ns: float,
        progress: Callable[[float, int], None] = lambda done, total: None,
    ) -> None:
        self._subject = subject
        self._model = model
        self._graph = graph
        self._condition = condition
        self._protocol = protocol
        self._worker = worker
        self._runs = int(min(MOST_RUNS, max(FEWEST_RUNS, SAMPLING_NS / (2 * ROUNDS * expected_ns))))
        self._progress = progress
        self._taken: list[InPlace] = []
        self.failure: Failure | None = None

    def run(self) -> None:
        """Take all processes."""
        try:
            for number in range(self._protocol.processes):
                self._taken.append(self._process(number))
        except WorkerFailedError as error:
            self.failure = failure_of(error, self._subject.name, self._subject.unread_because)
        except EngineError as error:
            self.failure = Failure(kind="error", message=str(error))

    def _process(self, number: int) -> InPlace:
        total = self._protocol.processes
        with self._worker(self._protocol.timeout_s) as worker:
            worker.ask(Prepare(tuple(sorted(self._condition.cpus))), Prepared)
            return measure_in_place(
                worker,
                self._model,
                self._condition,
                self._graph,
                rounds=ROUNDS,
                runs_per_round=self._runs,
                seed=self._protocol.seed + number,
                instances=INSTANCES,
                progress=lambda fraction: self._progress(number + fraction, total),
            )

    def found(self) -> InPlaceFound | None:
        """What the processes together say; None without any."""
        return combined(self._taken, self._graph) if self._taken else None


def combined(taken: Sequence[InPlace], graph: Graph | None) -> InPlaceFound:
    """Means over processes, with intervals of what they disagree by, of layers that all of them told of."""
    by_process = [{time.layers: time for time in one.layers} for one in taken]
    shared = [names for names in by_process[0] if all(names in times for times in by_process)]
    layers = layers_of(graph) if graph else {}
    hosts = {names: _host(names, layers) for names in shared}
    return InPlaceFound(
        way=_way(taken),
        layers={hosts[names]: _time([times[names] for times in by_process]) for names in shared},
        step_ns={hosts[names]: by_process[0][names].step_ns for names in shared},
        drawn_in={name: hosts[names] for names in shared for name in names if name != hosts[names]},
    )


def _host(names: Sequence[str], layers: dict[str, Layer]) -> str:
    """Of layers that are done at once, the one that is the most work."""
    return max(names, key=lambda name: (layers[name].macs, layers[name].bytes_moved))


def _time(times: Sequence[LayerTime]) -> Timing:
    """Half a step is uncertain, however well processes agree: short operations are rounded all alike."""
    found = timing_over([max(time.ns.estimate, LEAST_NS) for time in times])
    half_ns = times[0].step_ns / 2
    if found.low_ns is None or found.high_ns is None:
        return found
    return Timing(
        ns=found.ns,
        low_ns=max(0.0, min(found.low_ns, found.ns - half_ns)),
        high_ns=max(found.high_ns, found.ns + half_ns),
    )


def _way(taken: Sequence[InPlace]) -> InPlaceWay:
    return InPlaceWay(
        plain=timing_over([one.plain_ns.estimate for one in taken]),
        profiled=timing_over([one.profiled_ns.estimate for one in taken]),
        cost=ratio_over([one.cost.estimate for one in taken]),
        sum=timing_over([one.sum_ns.estimate for one in taken]),
        ratio=ratio_over([one.sum_ratio.estimate for one in taken]),
        unmapped=_unmapped(taken),
        dropped=sum(one.dropped for one in taken),
    )


def _unmapped(taken: Sequence[InPlace]) -> tuple[Unmapped, ...]:
    """By the runtime's name: operations of one kind together, per inference."""
    total_ns: dict[str, float] = {}
    for one in taken:
        for operation in one.unmapped:
            total_ns[operation.operation] = total_ns.get(operation.operation, 0.0) + operation.ns.estimate
    return tuple(Unmapped(name=name, ns=ns / len(taken)) for name, ns in total_ns.items())
