"""This process' threads as the kernel shows them in /proc/self/task."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pibench.device.cpus import parse_cpus
from pibench.errors import PibenchError

TASKS = Path("/proc/self/task")

# Field 39 of stat, `processor`, counted from the third, the first one after the thread's name.
_PROCESSOR = 39 - 3

T = TypeVar("T")


def thread_ids(tasks: Path = TASKS) -> set[int]:
    """The kernel's numbers of all threads."""
    return {int(entry.name) for entry in tasks.iterdir() if entry.name.isdigit()}


def processor(thread_id: int, tasks: Path = TASKS) -> int | None:
    """The core a thread ran on last; None when it has ended."""
    # Its name, in parentheses, may hold anything, spaces and parentheses too.
    return _told(tasks / str(thread_id) / "stat", lambda text: int(text.rpartition(")")[2].split()[_PROCESSOR]))


def allowed_cpus(thread_id: int, tasks: Path = TASKS) -> tuple[int, ...] | None:
    """The cores a thread may use; None when it has ended."""
    return _told(tasks / str(thread_id) / "status", lambda text: parse_cpus(_line(text, "Cpus_allowed_list:").strip()))


def migrations(thread_id: int, tasks: Path = TASKS) -> int | None:
    """How often a thread changed its core; None when it has ended or the kernel does not tell."""
    return _told(tasks / str(thread_id) / "sched", lambda text: int(_line(text, "nr_migrations").lstrip(" :")))


def _line(text: str, key: str) -> str:
    """What follows a key that a line begins with. Raises ValueError."""
    for line in text.splitlines():
        if line.startswith(key):
            return line[len(key) :]
    raise ValueError(f"no line begins with {key}")


def _told(path: Path, read: Callable[[str], T]) -> T | None:
    # Besides FileNotFoundError: a thread that ends while its file is open gives ProcessLookupError.
    try:
        return read(path.read_text(errors="replace"))
    except (OSError, ValueError, IndexError, PibenchError):
        return None
