"""Another program run under changed settings, ended with them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence, Set

from pibench.doctor.errors import DoctorError
from pibench.doctor.signals import pending

# Enough for a report to be saved; the settings must not stay changed for a program that will not end.
GRACE_S = 10.0
_SIGNAL_BASE = 128


def run_child(program: str, arguments: Sequence[str], ending: Set[signal.Signals], grace_s: float = GRACE_S) -> int:
    """Run a program to its end and return its exit code, 128+N if signal N ended it.

    ``ending`` are blocked signals. One that arrives is passed on; the program then has ``grace_s`` to end.
    """
    if early := pending(ending):
        return _SIGNAL_BASE + early
    # SIGCHLD must wait as well: one that came between looking and waiting would be lost.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        return _wait(_start(program, arguments, before - ending), ending, grace_s)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def wait_for_end(ending: Set[signal.Signals]) -> None:
    """Until one of these blocked signals arrives."""
    signal.sigwaitinfo(ending)


def _start(program: str, arguments: Sequence[str], mask: Set[signal.Signals | int]) -> int:
    # Python ignores these two; programs do not expect that.
    defaults = [signal.SIGPIPE, signal.SIGXFSZ]
    try:
        return os.posix_spawn(program, [program, *arguments], os.environ, setsigmask=mask, setsigdef=defaults)
    except OSError as error:
        raise DoctorError(f"cannot start {program}: {error.strerror}.") from None


def _wait(pid: int, ending: Set[signal.Signals], grace_s: float) -> int:
    deadline_s: float | None = None
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else _SIGNAL_BASE - code
        arrived = _next_signal({*ending, signal.SIGCHLD}, deadline_s)
        if arrived is None:
            os.kill(pid, signal.SIGKILL)
            deadline_s = None
        elif arrived.si_signo != signal.SIGCHLD:
            # What the terminal sends (Ctrl-C) has reached the program already.
            if arrived.si_code <= 0:
                os.kill(pid, arrived.si_signo)
            deadline_s = deadline_s or time.monotonic() + grace_s


def _next_signal(numbers: Set[signal.Signals], deadline_s: float | None) -> signal.struct_siginfo | None:
    if deadline_s is None:
        return signal.sigwaitinfo(numbers)
    return signal.sigtimedwait(numbers, max(0.0, deadline_s - time.monotonic()))
