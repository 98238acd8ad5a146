"""A worker whose engines take as long as told, and whose profiler tells what it is told to."""

from __future__ import annotations

from collections.abc import Sequence

from pibench.worker.protocol import (
    Load,
    Loaded,
    Profiled,
    ProfiledOp,
    ReadProfile,
    Request,
    Run,
    Sampled,
    Unload,
    Unloaded,
)

# What the first inference after a change of engine takes longer.
CHANGE_NS = 50_000


class ProfilingWorker:
    """``events``: what each inference tells; the k-th instance has a profiler that costs ``cost_ns[k]``."""

    def __init__(
        self, whole_ns: int, events: Sequence[ProfiledOp], cost_ns: Sequence[int] = (0,), dropped: int = 0
    ) -> None:
        self._whole_ns = whole_ns
        self._events = events
        self._cost_ns = cost_ns
        self._dropped = dropped
        self.asked: list[Request] = []
        self.loads: dict[int, Load] = {}
        self._samples: dict[int, int] = {}
        self._profiled = 0

    def ask(self, request: Request, expected: type) -> object:
        self.asked.append(request)
        match request:
            case Load():
                engine = len(self.asked)
                self.loads[engine] = request
                self._profiled += request.profile
                return Loaded(engine, 1, 1, 1, 1, True)
            case Run():
                return self._run(request)
            case ReadProfile():
                return self._read(request)
            case _:
                assert isinstance(request, Unload)
                del self.loads[request.engine]
                return Unloaded()

    def _run(self, request: Run) -> Sampled:
        self._samples[request.engine] = request.samples
        cost_ns = self._cost_ns[(self._profiled - 1) % len(self._cost_ns)]
        each_ns = request.group * (self._whole_ns + self.loads[request.engine].profile * cost_ns)
        durations = [each_ns] * request.samples
        durations[0] += CHANGE_NS
        return Sampled([0] * request.samples, durations)

    def _read(self, request: ReadProfile) -> Profiled:
        samples = self._samples[request.engine] - self._dropped
        events = [
            ProfiledOp(event.name, event.kind, event.node, [event.ns[0] + CHANGE_NS, *event.ns * (samples - 1)])
            for event in self._events
        ]
        return Profiled(tuple(events), self._dropped)


def event(name: str, ns: int, node: int = 0, kind: str = "operator") -> ProfiledOp:
    return ProfiledOp(name, kind, node, [ns])  # type: ignore[arg-type]
