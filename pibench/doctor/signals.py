"""Signals that end a run, taken one at a time instead of breaking in anywhere."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Set
from contextlib import contextmanager

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def held_back() -> Iterator[frozenset[signal.Signals]]:
    """Ending signals wait to be asked for, so that no half-made change is left; those still unasked are dropped.

    A signal that is ignored (nohup, a shell's background job) stays ignored.
    """
    ending = frozenset(number for number in _ENDING if signal.getsignal(number) is not signal.SIG_IGN)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ending)
    try:
        yield ending
    finally:
        while pending(ending) is not None:
            pass
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def pending(numbers: Set[signal.Signals]) -> signal.Signals | None:
    """One of these signals that has arrived."""
    arrived = signal.sigtimedwait(numbers, 0) if numbers else None
    return signal.Signals(arrived.si_signo) if arrived else None
