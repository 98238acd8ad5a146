from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import psutil
import pytest
from boards import PI_3
from fake_roof import CACHES, FakeRoofWorker, roof, roofline

from pibench.cli import roofline as command
from pibench.cli.main import run
from pibench.cli.roofline_results import picture
from pibench.device import Device
from pibench.roofline import Roofline, load, measure
from pibench.worker.client import WorkerFailedError

ABSENT_CPU = os.sysconf("SC_NPROCESSORS_CONF") + 5


@pytest.fixture
def a_quiet_board(monkeypatch: pytest.MonkeyPatch) -> None:
    """A board with known limits instead of this one."""
    be(monkeypatch, PI_3)


def be(monkeypatch: pytest.MonkeyPatch, device: Device) -> None:
    monkeypatch.setattr(command, "Worker", lambda timeout_s: FakeRoofWorker())
    monkeypatch.setattr(measure, "read_device", lambda: device)
    monkeypatch.setattr(measure, "read_caches", lambda: CACHES)


@pytest.mark.usefixtures("a_quiet_board")
def test_the_table_shows_the_limits_by_thread_count(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["roofline", "--threads", "4,1"]) == 0
    shown = capsys.readouterr().out
    rows = [line.split() for line in shown.splitlines() if line.split()[:1] in (["1"], ["4"])]
    assert [[float(row[k]) for k in (0, 1, 4, 7)] for row in rows] == [[1, 9.6, 40, 2], [4, 38.4, 160, 2]]
    assert "float32 by hand" in shown
    assert "128 KiB" not in shown
    assert "64 KiB for each thread" in shown


@pytest.mark.usefixtures("a_quiet_board")
def test_json_is_the_roofline_that_is_saved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "pi.roofline.json"
    assert run(["roofline", "--threads", "1", "--json", "-o", str(path)]) == 0
    printed = msgspec.json.decode(capsys.readouterr().out, type=Roofline)
    assert load(path) == printed


def test_an_untrusted_roof_exits_with_3_and_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    be(monkeypatch, msgspec.structs.replace(PI_3, busy_cores=4.0))
    assert run(["roofline", "--threads", "1"]) == 3
    assert "untrusted, busy machine: other work kept 4.0 of 4 cores busy" in capsys.readouterr().out


@pytest.mark.usefixtures("a_quiet_board")
def test_one_process_is_untrusted() -> None:
    assert run(["roofline", "--threads", "1", "--processes", "1"]) == 3


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--threads", "0"], "'0' is not a number from 1 to 1024"),
        (["--threads", "two"], "'two' is not a number from 1 to 1024"),
        (["--cpus", "x"], "'x' is no list of cores"),
        (["--threads", "2", "--cpus", "0"], "2 threads need as many cores"),
        (["--threads", "1", "--cpus", str(ABSENT_CPU)], f"core {ABSENT_CPU} cannot be used"),
        (["-o", "/proc/nowhere/x"], "cannot write the roofline to /proc/nowhere/x"),
        (["model.tflite"], "unexpected extra argument"),
    ],
)
def test_bad_input_is_one_sentence(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["roofline", *arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert sentence in shown.err
    assert len(shown.err.splitlines()) == 1


def test_nobody_elses_file_is_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("mine")
    assert run(["roofline", "-o", str(path)]) == 2
    assert "is no pibench roofline" in capsys.readouterr().err
    assert path.read_text() == "mine"


def test_a_kernel_that_crashes_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failure = WorkerFailedError("crash", "the runtime crashed: its process was ended by SIGILL", "")
    monkeypatch.setattr(command, "Worker", lambda timeout_s: FakeRoofWorker(failure=failure))
    assert run(["roofline", "--threads", "1"]) == 2
    assert capsys.readouterr().err == "pibench: the runtime crashed: its process was ended by SIGILL\n"


def test_the_default_counts_are_doubles_up_to_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    for cores, expected in ((1, "1"), (2, "1,2"), (4, "1,2,4"), (6, "1,2,4")):
        monkeypatch.setattr(os, "sched_getaffinity", lambda pid, cores=cores: set(range(cores)))
        assert command.default_threads() == expected


def test_the_picture_rises_to_the_ridge_and_is_level_beyond() -> None:
    lines = picture(roofline(roof(1)), 1, "float32", ascii_only=True)
    top, axis = lines[1], lines[-1]
    assert top.lstrip().startswith("10 GFLOP/s")
    # The ridge, five operations per byte, stands under the column where the top row is full from then on.
    full = top.index("#")
    assert set(top[full:]) == {"#"}
    assert abs(axis.index(" 5 ") + 1 - full) <= 1
    columns = len(top[full:]) * 2 - 1
    filled = [sum(mark != " " for mark in line[-columns:]) for line in lines[1:-1]]
    assert filled == sorted(set(filled))
    assert filled[-1] == columns


def test_this_machine_has_a_roof(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["roofline", "--threads", "1", "--processes", "2", "--json"]) in (0, 3)
    (found,) = json.loads(capsys.readouterr().out)["roofs"]
    for name in ("peak_float32", "peak_int8", "bandwidth", "cache_bandwidth"):
        assert 0 < found[name]["low"] <= found[name]["median"] <= found[name]["high"]


def test_an_interrupted_measurement_is_one_sentence_and_leaves_no_worker() -> None:
    # Whoever starts the suite in the background has SIGINT ignored, and children inherit it.
    heed_sigint = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    start = f"{heed_sigint}; from pibench.cli.main import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", start, "roofline", "--processes", "100"], stderr=subprocess.PIPE, text=True
    )
    workers: list[psutil.Process] = []
    for _ in range(300):
        if workers := psutil.Process(process.pid).children():
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=20)
    assert process.returncode == 130
    assert stderr == "pibench: interrupted; nothing of a roofline is kept\n"
    psutil.wait_procs(workers, timeout=10)
    assert workers
    assert not any(worker.is_running() for worker in workers)
