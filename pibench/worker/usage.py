"""What the kernel counts while a model runs: switches, faults, migrations, hardware events."""

from __future__ import annotations

import resource
from collections.abc import Sequence
from pathlib import Path

from pibench.report.samples import Usage
from pibench.worker.counters import HARDWARE, MIGRATIONS, ThreadCounters
from pibench.worker.tasks import TASKS, migrations


class UsageMeter:
    """Counts between entering and leaving it, as a context manager around a timed loop.

    thread_ids: the model's threads, for migrations and hardware events; switches and faults are
    the whole process'.
    """

    def __init__(self, thread_ids: Sequence[int], tasks: Path = TASKS) -> None:
        self._thread_ids = tuple(thread_ids)
        self._tasks = tasks
        self._hardware = ThreadCounters(thread_ids, tuple(HARDWARE.values()))
        # What the kernel does is the event here; the counter is for kernels without /proc's `sched`.
        self._moves = ThreadCounters(thread_ids, (MIGRATIONS,), user_only=False)

    def __enter__(self) -> UsageMeter:
        self._moves_before = self._migrations()
        self._before = resource.getrusage(resource.RUSAGE_SELF)
        self._moves.start()
        self._hardware.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._counts = self._hardware.stop()
        self._moved = self._moves.stop()
        self._after = resource.getrusage(resource.RUSAGE_SELF)
        self._moves_after = self._migrations()

    def usage(self, invocations: int) -> Usage:
        """What was counted last."""
        before, after = self._before, self._after
        return Usage(
            invocations=invocations,
            voluntary_switches=after.ru_nvcsw - before.ru_nvcsw,
            involuntary_switches=after.ru_nivcsw - before.ru_nivcsw,
            minor_faults=after.ru_minflt - before.ru_minflt,
            major_faults=after.ru_majflt - before.ru_majflt,
            migrations=self._told_migrations(),
            hardware={name: self._counts[event] for name, event in HARDWARE.items() if event in self._counts},
        )

    def _told_migrations(self) -> int | None:
        if self._moves_before is not None and self._moves_after is not None:
            return self._moves_after - self._moves_before
        return self._moved.get(MIGRATIONS)

    def _migrations(self) -> int | None:
        total = 0
        for thread_id in self._thread_ids:
            moves = migrations(thread_id, self._tasks)
            if moves is None:
                return None
            total += moves
        return total

    def close(self) -> None:
        """Release the counters."""
        self._hardware.close()
        self._moves.close()
