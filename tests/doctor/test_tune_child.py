"""In processes of their own, since pytest's has threads that would take the signals."""

from __future__ import annotations

import platform
import shutil
import signal
import subprocess
import sys
import time

import psutil
import pytest

DRIVER = """
import sys
from pathlib import Path
from pibench.doctor.child import run_child, wait_for_end
from pibench.doctor.signals import held_back, pending

with held_back() as ending:
    print("ready", flush=True)
    code = {action}
    left = pending(ending)
sys.exit(code)
"""
RUN = "run_child(sys.argv[1], sys.argv[2:], ending, grace_s={grace_s})"
SHELL, SLEEP = "/bin/sh", "/bin/sleep"


class Driver(subprocess.Popen[str]):
    def __init__(self, action: str, *arguments: str, **options: object) -> None:
        script = DRIVER.format(action=action)
        super().__init__([sys.executable, "-c", script, *arguments], stdout=-1, stderr=-1, text=True, **options)  # type: ignore
        assert self.stdout is not None
        assert self.stdout.readline() == "ready\n"

    def child(self) -> psutil.Process:
        """The program, once it runs in place of the driver's copy."""
        for _ in range(1000):
            for process in psutil.Process(self.pid).children():
                if process.cmdline()[:1] != [sys.executable]:
                    return process
            time.sleep(0.01)
        raise AssertionError("no child")

    def end(self) -> int:
        _, self.errors = self.communicate(timeout=30)
        return self.returncode


def run(program: str, *arguments: str, grace_s: float = 10) -> Driver:
    return Driver(RUN.format(grace_s=grace_s), program, *arguments)


def waiting_for(child: psutil.Process) -> None:
    """Until a shell has set its traps and sleeps."""
    while not child.children():
        time.sleep(0.01)


@pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137), ("kill -15 $$", 143)])
def test_the_exit_code_is_the_programs(script: str, code: int) -> None:
    assert run(SHELL, "-c", script).end() == code


def test_a_killed_program_ends_the_wait() -> None:
    driver = run(SLEEP, "60")
    driver.child().kill()
    assert driver.end() == 128 + signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_passed_on(number: signal.Signals) -> None:
    driver = run(SLEEP, "60")
    driver.child()
    driver.send_signal(number)
    assert driver.end() == 128 + number


def test_a_program_that_will_not_end_is_killed() -> None:
    driver = run(SHELL, "-c", "trap '' TERM; while :; do sleep 0.05; done", grace_s=0.3)
    waiting_for(driver.child())
    driver.terminate()
    assert driver.end() == 128 + signal.SIGKILL


def test_a_program_that_saves_its_work_has_time_to() -> None:
    driver = run(SHELL, "-c", "trap 'sleep 0.3; exit 5' TERM; while :; do sleep 0.05; done", grace_s=20)
    waiting_for(driver.child())
    driver.terminate()
    assert driver.end() == 5


def test_a_stopped_program_is_waited_for() -> None:
    driver = run(SLEEP, "60")
    child = driver.child()
    child.suspend()
    time.sleep(0.1)
    assert driver.poll() is None
    child.resume()
    child.terminate()
    assert driver.end() == 128 + signal.SIGTERM


def test_a_signal_that_came_before_keeps_the_program_from_starting() -> None:
    action = f"sys.stdin.readline() and {RUN.format(grace_s=1)}"
    driver = Driver(action, "/does/not/exist", stdin=subprocess.PIPE)
    driver.terminate()
    _, errors = driver.communicate("go\n", timeout=30)
    assert (driver.returncode, errors) == (128 + signal.SIGTERM, "")


def test_the_program_gets_its_signals_as_usual() -> None:
    script = "import signal, sys; sys.exit(10 * len(signal.pthread_sigmask(signal.SIG_BLOCK, [])))"
    assert run(sys.executable, "-c", script).end() == 0
    assert run(SHELL, "-c", "kill -PIPE $$; exit 0").end() == 128 + signal.SIGPIPE


@pytest.mark.skipif(
    platform.machine() != "x86_64" and shutil.which("qemu-aarch64") is not None,
    reason="qemu-user's vfork does not tell posix_spawn that the program is missing",
)
def test_a_program_that_cannot_be_started_is_an_error() -> None:
    driver = run("/does/not/exist")
    assert driver.end() == 1
    assert "DoctorError: cannot start /does/not/exist: No such file or directory." in driver.errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_holding_ends_with_a_signal(number: signal.Signals) -> None:
    driver = Driver("wait_for_end(ending)")
    assert driver.poll() is None
    driver.send_signal(number)
    assert driver.end() == 0


def test_signals_that_nobody_asked_for_are_dropped() -> None:
    driver = Driver("sys.stdin.readline() and 0", stdin=subprocess.PIPE)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        driver.send_signal(number)
    _, errors = driver.communicate("go\n", timeout=30)
    assert (driver.returncode, errors) == (0, "")


def test_an_ignored_signal_stays_ignored() -> None:
    script = DRIVER.format(action="sys.stdin.readline() and len(ending)")
    command = ["nohup", sys.executable, "-c", script]
    done = subprocess.run(command, input="go\n", capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 2


def test_no_other_thread_can_take_the_signals() -> None:
    script = (
        "import sys, threading, pibench.cli.main, pibench.cli.doctor, pibench.doctor.tune, pibench.doctor.child;"
        "sys.exit('numpy' in sys.modules or threading.active_count() - 1)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
