"""What a worker asks of the system before it measures: cores, priority, memory that stays.

Nothing is restored: each worker is a fresh process that ends with its measurement, and what it
asked for ends with it.
"""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Iterable

from pibench.errors import PibenchError

# The lowest one is above all ordinary work already. The kernel's own threads (interrupts at 50)
# must stay above a loop that does not yield, or the board stops answering.
REALTIME_PRIORITY = 1

_MCL_CURRENT, _MCL_FUTURE = 1, 2


class NotPermittedError(PibenchError):
    """The system refuses what was asked for; the message says who could permit it."""


def use_cpus(cpus: Iterable[int]) -> None:
    """Keep the calling thread, and all that it will start, on these cores. Raises NotPermittedError."""
    pin_thread(0, cpus)


def pin_thread(thread_id: int, cpus: Iterable[int]) -> None:
    """Keep a thread of this process on these cores; 0 is the calling one.

    Raises NotPermittedError, and ProcessLookupError when the thread has ended. All cores or
    none: the kernel itself ignores those that it does not grant.
    """
    asked = set(cpus)
    before = os.sched_getaffinity(thread_id)
    try:
        os.sched_setaffinity(thread_id, asked)
    except ProcessLookupError:
        raise
    except (OSError, ValueError, OverflowError):
        raise _refused(asked) from None
    if os.sched_getaffinity(thread_id) != asked:
        os.sched_setaffinity(thread_id, before)
        raise _refused(asked)


def available_cpus() -> set[int]:
    """All cores that the system grants this process, isolated ones included, whatever it uses now."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.sysconf("SC_NPROCESSORS_CONF")))
    try:
        return os.sched_getaffinity(0)
    finally:
        os.sched_setaffinity(0, before)


def _refused(asked: set[int]) -> NotPermittedError:
    available = available_cpus()
    beyond = sorted(asked - available) or sorted(asked)
    return NotPermittedError(
        f"core {', '.join(map(str, beyond))} cannot be used: choose among {', '.join(map(str, sorted(available)))},"
        " the cores that exist, are online and are granted to this process"
    )


def be_realtime() -> None:
    """Run before all ordinary work (SCHED_FIFO), as will all threads started later. Raises NotPermittedError."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(REALTIME_PRIORITY))
    except OSError:
        raise NotPermittedError(
            "real-time scheduling is not permitted: run as root, or allow it with"
            f" `ulimit -r {REALTIME_PRIORITY}` (an rtprio line in /etc/security/limits.conf)"
        ) from None


def lock_memory() -> None:
    """Keep all memory of the process resident, also what it will ask for. Raises NotPermittedError."""
    if not ctypes.CDLL(None, use_errno=True).mlockall(_MCL_CURRENT | _MCL_FUTURE):
        return
    number = ctypes.get_errno()
    if number in (errno.EPERM, errno.ENOMEM, errno.EAGAIN):
        raise NotPermittedError(
            "locking memory is not permitted, or there is too little of it: run as root, or allow it with"
            " `ulimit -l unlimited` (a memlock line in /etc/security/limits.conf; RLIMIT_MEMLOCK)"
        )
    raise NotPermittedError(f"this system cannot lock memory: {os.strerror(number)}")
