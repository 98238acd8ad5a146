from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pibench.cli import ab
from pibench.cli.main import run

QUICK = ("--seconds", "0.05", "--processes", "2")
NET, WIDER = "mobilenet_v1:depth=3,width=4", "mobilenet_v1:depth=3,width=32"


def test_a_wider_network_is_slower_and_exits_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ab", NET, WIDER, *QUICK]) == 1
    shown = capsys.readouterr().out
    assert "B is slower, by more than 1 %." in shown
    assert NET in shown
    assert WIDER in shown


def test_a_narrower_network_is_faster_and_exits_0() -> None:
    assert run(["ab", WIDER, NET, *QUICK]) == 0


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

    monkeypatch.setattr(ab, "_latencies", lambda cases, protocol: [])
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
