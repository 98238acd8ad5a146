"""A loaded model's threads: each on a core of its own, and the proof that it stayed there."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Collection, Sequence
from pathlib import Path

from pibench.report.samples import ThreadRecord
from pibench.worker.privileges import pin_thread
from pibench.worker.tasks import TASKS, allowed_cpus, processor


class EngineThreads:
    """The calling thread, and those that a runtime made for one model, in the order of their making.

    ``cpus``: a core for each of them, in turn from the first again where the runtime made more;
    empty leaves them to the scheduler. ``home``: the cores of the calling thread without a model.
    """

    def __init__(self, own: Collection[int], cpus: Sequence[int], home: Collection[int], tasks: Path = TASKS) -> None:
        self.ids = (threading.get_native_id(), *sorted(own))
        self._asked = tuple(cpus[k % len(cpus)] if cpus else None for k in range(len(self.ids)))
        self._home = set(home)
        self._seen: list[set[int]] = [set() for _ in self.ids]
        self._tasks = tasks

    def pin(self) -> None:
        """Give each of the runtime's threads its core. Raises NotPermittedError."""
        for thread_id, cpu in zip(self.ids[1:], self._asked[1:], strict=True):
            if cpu is not None:
                with contextlib.suppress(ProcessLookupError):
                    pin_thread(thread_id, (cpu,))

    @property
    def calling_cpus(self) -> set[int]:
        """The cores of the calling thread while it runs this model."""
        return self._home if self._asked[0] is None else {self._asked[0]}

    def look(self) -> None:
        """Remember on which core each thread ran last."""
        for thread_id, seen in zip(self.ids, self._seen, strict=True):
            cpu = processor(thread_id, self._tasks)
            if cpu is not None:
                seen.add(cpu)

    def records(self) -> tuple[ThreadRecord, ...]:
        """All threads that still live, read back from the kernel."""
        found = []
        for number, thread_id in enumerate(self.ids):
            allowed = allowed_cpus(thread_id, self._tasks)
            if allowed is not None:
                seen = tuple(sorted(self._seen[number]))
                found.append(ThreadRecord(thread=number, asked=self._asked[number], allowed=allowed, seen=seen))
        return tuple(found)
