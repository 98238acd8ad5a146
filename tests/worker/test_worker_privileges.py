from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from pibench.worker import privileges
from pibench.worker.client import Worker, WorkerFailedError
from pibench.worker.privileges import NotPermittedError, available_cpus, be_realtime, lock_memory, pin_thread, use_cpus
from pibench.worker.protocol import Prepare, Prepared, RunReference, Sampled

ABSENT_THREAD = 2**22 + 1
ABSENT_CPU = os.sysconf("SC_NPROCESSORS_CONF") + 5


@pytest.fixture(autouse=True)
def _keep_affinity():
    before = os.sched_getaffinity(0)
    yield
    os.sched_setaffinity(0, before)


def test_a_worker_stays_on_the_cores_it_is_given() -> None:
    cpu = max(available_cpus())
    with Worker() as worker:
        worker.ask(Prepare(cpus=(cpu,)), Prepared)
        assert os.sched_getaffinity(worker._process.pid) == {cpu}


def test_preparing_nothing_changes_nothing() -> None:
    with Worker() as worker:
        worker.ask(Prepare(), Prepared)
        assert os.sched_getaffinity(worker._process.pid) == os.sched_getaffinity(0)
        assert os.sched_getscheduler(worker._process.pid) == os.sched_getscheduler(0)


@pytest.mark.parametrize("cpus", [(ABSENT_CPU,), (0, ABSENT_CPU), (-1,), (1 << 40,)])
def test_a_core_that_is_not_there_is_told_with_those_that_are(cpus: tuple[int, ...]) -> None:
    before = os.sched_getaffinity(0)
    with pytest.raises(NotPermittedError, match=rf"core {cpus[-1]} cannot be used: choose among 0"):
        use_cpus(cpus)
    assert os.sched_getaffinity(0) == before


def test_a_thread_that_ended_cannot_be_pinned() -> None:
    with pytest.raises(ProcessLookupError):
        pin_thread(ABSENT_THREAD, {0})


def test_looking_for_cores_moves_nothing() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    before = os.sched_getaffinity(0)
    assert before <= available_cpus()
    assert os.sched_getaffinity(0) == before


def test_a_worker_lives_on_after_what_it_is_not_permitted() -> None:
    with Worker() as worker:
        with pytest.raises(WorkerFailedError) as error:
            worker.ask(Prepare(cpus=(ABSENT_CPU,)), Prepared)
        assert error.value.kind == "not_permitted"
        assert worker.ask(RunReference(1), Sampled)


def test_real_time_is_granted_or_told_how_to_get_it() -> None:
    with Worker() as worker:
        try:
            worker.ask(Prepare(realtime=True), Prepared)
        except WorkerFailedError as error:
            assert (error.kind, "ulimit -r" in str(error)) == ("not_permitted", True)
        else:
            pid = worker._process.pid
            assert os.sched_getscheduler(pid) == os.SCHED_FIFO
            assert os.sched_getparam(pid).sched_priority == privileges.REALTIME_PRIORITY


def test_memory_is_locked_or_told_how_to_get_it_locked() -> None:
    with Worker() as worker:
        try:
            worker.ask(Prepare(lock_memory=True), Prepared)
        except WorkerFailedError as error:
            assert (error.kind, "RLIMIT_MEMLOCK" in str(error)) == ("not_permitted", True)
        else:
            status = Path(f"/proc/{worker._process.pid}/status").read_text()
            locked = next(line for line in status.splitlines() if line.startswith("VmLck:"))
            assert int(locked.split()[1]) > 0


def test_refused_real_time_tells_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    with pytest.raises(NotPermittedError, match="run as root, or allow it with `ulimit -r 1`"):
        be_realtime()


@pytest.mark.parametrize(
    ("number", "told"),
    [(errno.EPERM, "ulimit -l unlimited"), (errno.ENOMEM, "ulimit -l unlimited"), (errno.ENOSYS, "cannot lock memory")],
)
def test_refused_locking_tells_how_to_get_it(monkeypatch: pytest.MonkeyPatch, number: int, told: str) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: SimpleNamespace(mlockall=lambda flags: -1))
    monkeypatch.setattr(ctypes, "get_errno", lambda: number)
    with pytest.raises(NotPermittedError, match=told):
        lock_memory()
