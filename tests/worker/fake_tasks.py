"""A tree like /proc/self/task, with threads in any state."""

from __future__ import annotations

from pathlib import Path


def add_thread(
    tasks: Path, thread_id: int, *, name: str = "python", cpu: int = 0, allowed: str = "0-3", moves: int | None = None
) -> None:
    folder = tasks / str(thread_id)
    folder.mkdir(parents=True)
    fields = ["S", *map(str, range(4, 53))]
    fields[39 - 3] = str(cpu)
    folder.joinpath("stat").write_text(f"{thread_id} ({name}) {' '.join(fields)}\n")
    folder.joinpath("status").write_text(
        f"Name:\t{name}\nThreads:\t2\nCpus_allowed:\tf\nCpus_allowed_list:\t{allowed}\nMems_allowed_list:\t0\n"
    )
    if moves is not None:
        folder.joinpath("sched").write_text(
            f"{name} ({thread_id}, #threads: 2)\n-----\nse.exec_start      :      12.5\n"
            f"nr_migrations                                :        {moves:>12}\nnr_switches    :     99\n"
        )
