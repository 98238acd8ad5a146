from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from pibench.cli import ab
from pibench.cli.main import run
from pibench.measure.duel import DuelSamples, Sight
from pibench.subject import Subject, load_subject
from pibench.worker.client import Worker

T = TypeVar("T")

# Answers the probe of the clock as a worker does, then does what the code says.
IMPOSTOR = """
import os, sys, time
sys.stdin.buffer.readline()
print('{"type":"prepared"}', flush=True)
sys.stdin.buffer.readline()
print('{"type":"clock","step_ns":20,"pair_ns":20,"sample_ns":40}', flush=True)
sys.stdin.buffer.readline()
"""
QUICK = ("--seconds", "0.05", "--processes", "2")
# Two processes cannot tell a factor of five from chance when one of them was disturbed.
DECISIVE = ("--seconds", "0.3", "--processes", "6")
NET, WIDER = "mobilenet_v1:depth=3,width=4", "mobilenet_v1:depth=3,width=32"


def test_a_wider_network_is_slower_and_exits_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ab", NET, WIDER, *DECISIVE]) == 1
    shown = capsys.readouterr().out
    assert "B is slower, by more than 1 %." in shown
    assert NET in shown
    assert WIDER in shown


def test_a_narrower_network_is_faster_and_exits_0() -> None:
    assert run(["ab", WIDER, NET, *DECISIVE]) == 0


def test_one_network_under_two_conditions_is_a_comparison(capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["ab", WIDER, "--kernels", "xnnpack,builtin", *QUICK, "--json"])
    document = json.loads(capsys.readouterr().out)
    assert document["b"].endswith("builtin)")
    assert document["low"] <= document["ratio"] <= document["high"]
    assert code == {"slower": 1, "undecided": 3}.get(document["verdict"], 0)


@pytest.mark.parametrize(
    ("low", "high", "threshold", "code", "word"),
    [
        (0.995, 1.005, "1", 0, "the same within 1 %"),
        (0.9, 1.1, "5", 3, "Undecided at 5 %"),
        (1.04, 1.1, "3", 1, "slower"),
        (0.8, 0.9, "3", 0, "faster"),
    ],
)
def test_each_verdict_has_its_sentence_and_exit_code(
    low: float,
    high: float,
    threshold: str,
    code: int,
    word: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from pibench.stats import Interval, verdict

    def decided(latencies: object, at: float) -> ab.Duel:
        interval = Interval((low + high) / 2, low, high)
        return ab.Duel(
            ratio=interval.estimate,
            low=low,
            high=high,
            verdict=verdict(interval, at),
            threshold=at,
            median_a_ns=1e6,
            median_b_ns=1e6,
            processes=1,
            instances=1,
            pairs=1,
        )

    monkeypatch.setattr(ab, "_sampled", lambda contestants, protocol: DuelSamples([], 0, (Sight(), Sight())))
    monkeypatch.setattr(ab, "judged", decided)
    assert run(["ab", NET, WIDER, "--threshold", threshold]) == code
    assert word in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Missing argument"),
        ([NET], "here are 1 under 1"),
        ([NET, WIDER, NET], "here are 3 under 1"),
        ([NET, WIDER, "--threads", "1,2"], "here are 2 under 2"),
        ([NET, "none.tflite"], "none.tflite does not exist"),
        ([NET, "mobilnet_v1"], "Did you mean 'mobilenet_v1'?"),
        ([NET, WIDER, "--threshold", "-1"], "'-1' is not a percentage"),
        ([NET, WIDER, "--threshold", "nan"], "'nan' is not a percentage"),
        ([NET, WIDER, "--processes", "1"], "not in the range"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ab", *arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("pibench: ")
    assert sentence in shown.err


def test_a_damaged_model_is_told_without_a_traceback(tmp_path: Path, small_model: Path) -> None:
    cut = tmp_path / "cut.tflite"
    cut.write_bytes(small_model.read_bytes()[:700])
    command = [sys.executable, "-m", "pibench", "ab", str(small_model), str(cut), *QUICK]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert f"{cut} is damaged or truncated" in done.stderr


def test_a_model_that_only_the_runtime_understands_is_compared_and_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unread(text: str, seed: int) -> Subject:
        return load_subject(text, seed)._replace(graph=None, unread_because="it has an unknown operation")

    monkeypatch.setattr(ab, "load_subject", unread)
    assert run(["ab", NET, WIDER, *DECISIVE]) == 1
    assert "  unread model: A and B: " in capsys.readouterr().out


def test_a_network_is_built_once_for_two_conditions(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []

    def counted(text: str, seed: int) -> Subject:
        built.append(text)
        return load_subject(text, seed)

    monkeypatch.setattr(ab, "load_subject", counted)
    run(["ab", NET, "--kernels", "xnnpack,builtin", *QUICK])
    assert built == [NET]


def test_more_threads_than_cores_are_a_doubt(capsys: pytest.CaptureFixture[str]) -> None:
    threads = len(os.sched_getaffinity(0)) + 1
    run(["ab", NET, NET, "--threads", str(threads), *QUICK, "--json"])
    assert [d["kind"] for d in json.loads(capsys.readouterr().out)["doubts"]] == ["oversubscribed"]


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("os.kill(os.getpid(), 11)", f"{NET}: the runtime crashed: its process was ended by SIGSEGV"),
        ("os.kill(os.getpid(), 9)", f"{NET}: the worker was killed (SIGKILL)"),
        ("time.sleep(600)", f"{NET}: no answer within 1 s: the worker was ended"),
    ],
)
def test_a_worker_that_crashes_or_hangs_is_one_sentence_and_exit_code_2(
    code: str, sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ab, "Worker", partial(Worker, command=(sys.executable, "-c", IMPOSTOR + code)))
    assert run(["ab", NET, NET, *QUICK, "--timeout", "1"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"pibench: {sentence}")
    assert len(shown.err.splitlines()) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_comparison_is_one_sentence_and_leaves_no_worker(number: signal.Signals) -> None:
    # Whoever starts the suite in the background has SIGINT ignored, and children inherit it.
    heed_sigint = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    start = f"{heed_sigint}; from pibench.cli.main import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", start, "ab", NET, NET, "--seconds", "500"], stderr=subprocess.PIPE, text=True
    )
    workers = wait_for(lambda: children(process.pid))
    process.send_signal(number)
    _, stderr = process.communicate(timeout=20)
    assert process.returncode == 130
    assert stderr == "pibench: interrupted; nothing of a comparison is kept\n"
    psutil.wait_procs(workers, timeout=10)
    assert not any(worker.is_running() for worker in workers)


def children(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children()


def wait_for(condition: Callable[[], T]) -> T:
    for _ in range(300):
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError("it did not happen")
