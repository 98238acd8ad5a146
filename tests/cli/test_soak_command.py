from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from pathlib import Path

import jsonschema
import pytest
from boards import PI_3
from soak_world import MINUTE, MS, SECOND, ScriptedWorker, World, hot_board

from pibench.cli import soak as soak_cli
from pibench.cli.main import run
from pibench.errors import ReportError
from pibench.measure import recorder
from pibench.measure.soak import Soak
from pibench.report import Report, json_schema, load
from pibench.worker.client import WorkerFailedError
from pibench.worker.protocol import Clock

NET = "mobilenet_v1:depth=3,width=4"
CRASH = WorkerFailedError("crash", "the runtime crashed: its process was ended by SIGSEGV", "last words")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")


def soak(
    monkeypatch: pytest.MonkeyPatch,
    world: World,
    *arguments: str,
    fails_at: int | None = None,
    failure: BaseException | None = None,
) -> int:
    monkeypatch.setattr(soak_cli, "Worker", lambda timeout_s: ScriptedWorker(world, fails_at, failure))
    monkeypatch.setattr(soak_cli, "Soak", partial(Soak, wait_until=world.wait_until))
    monkeypatch.setattr(soak_cli, "ThisBoard", lambda protocol, cpus: world)
    monkeypatch.setattr(soak_cli, "probed_clock", lambda timeout_s, preparation: Clock(20, 30.0, 60.0))
    monkeypatch.setattr(soak_cli, "read_device", lambda: PI_3)
    return run(["soak", NET, *arguments])


def only_report() -> Report:
    (path,) = Path("reports").glob("*.json")
    return load(path)


def test_a_steady_board_exits_0_with_charts_and_a_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert soak(monkeypatch, World(), "--minutes", "2") == 0
    shown = capsys.readouterr()
    assert "Steady" in shown.out
    assert "Report: reports/" in shown.out
    assert shown.err == ""
    for word in (NET, "back to back", "latency", "temperature", "clock", "1.40 GHz", "50 °C", "ratio"):
        assert word in shown.out
    assert max(map(len, shown.out.splitlines())) <= 130
    assert only_report().complete


def test_a_throttling_board_exits_3_and_says_when(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert soak(monkeypatch, hot_board()) == 3
    shown = capsys.readouterr().out
    assert "Throttled" in shown
    assert "the firmware throttled the clock after 2:59 min" in shown
    assert "hottest     82 °C" in shown


def test_an_unexplained_slowdown_exits_3(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert soak(monkeypatch, World(lambda t: (4 if t < 3 * MINUTE else 5) * MS)) == 3
    assert "no flag of the board" in capsys.readouterr().out


def test_a_frame_rate_that_is_not_held_exits_3_and_tells_what_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert soak(monkeypatch, World(lambda t: 40 * MS), "--minutes", "1", "--fps", "30") == 3
    shown = capsys.readouterr().out
    assert "0.0 % of" in shown
    assert "at the end 24.9 frames/s, 0.0 % of them in time: 30 fps are not held" in shown
    assert "Steady, but 30 fps are not held." in shown


def test_a_frame_rate_that_is_held_exits_0(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert soak(monkeypatch, World(), "--minutes", "1", "--fps", "30") == 0
    assert "100.0 % of 1,800 frames met" in capsys.readouterr().out


def test_json_is_the_report_that_was_written_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert soak(monkeypatch, hot_board(), "--json", "-o", "soak.json", "--seed", "3") == 3
    shown = capsys.readouterr().out
    document = json.loads(shown)
    jsonschema.validate(document, json_schema())
    assert document == json.loads(Path("soak.json").read_bytes())
    report = load("soak.json")
    assert (report.protocol.name, report.protocol.seed, report.protocol.seconds) == ("soak", 3, 600)
    assert report.command == ("pibench", "soak", NET, "--json", "-o", "soak.json", "--seed", "3")
    (result,), (session,) = report.results, report.sessions
    (measurement,) = result.measurements
    assert measurement.set_aside == ()
    assert {span.kind for span in session.spans} == {"throttled", "slow_clock"}
    assert session.trace.channels
    assert len(session.rounds) == len(measurement.blocks)


def test_a_crash_in_the_middle_is_one_sentence_and_what_was_measured_is_shown_and_saved(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert soak(monkeypatch, hot_board(), fails_at=4 * MINUTE, failure=CRASH) == 2
    shown = capsys.readouterr()
    assert "As far as it came: Throttled" in shown.out
    assert shown.err.startswith(f"pibench: {NET}: the runtime crashed")
    assert shown.err.count("\n") == 1
    report = only_report()
    assert not report.complete
    assert report.results[0].failure is not None
    assert report.results[0].summary is not None


def test_ctrl_c_shows_and_saves_what_was_measured_and_exits_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert soak(monkeypatch, hot_board(), fails_at=2 * MINUTE, failure=KeyboardInterrupt()) == 130
    shown = capsys.readouterr()
    assert "latency" in shown.out
    assert "As far as it came: Steady" in shown.out
    assert shown.err.startswith("pibench: interrupted; what was measured is in reports/")
    assert not only_report().complete


@pytest.mark.parametrize(("failure", "code"), [(CRASH, 2), (KeyboardInterrupt(), 130)])
def test_without_a_single_sample_there_is_no_report(
    failure: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert soak(monkeypatch, World(), fails_at=0, failure=failure) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "nothing was measured" in shown.err
    assert not list(Path("reports").iterdir())


def test_a_full_disk_costs_the_file_but_not_the_figures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(report: Report, path: Path) -> None:
        raise ReportError("cannot write the report: no space left")

    monkeypatch.setattr(recorder, "save", full)
    assert soak(monkeypatch, World(), "--minutes", "1") == 2
    shown = capsys.readouterr()
    assert "Steady" in shown.out
    assert "no space left" in shown.err


def test_a_board_without_sensors_is_judged_by_its_latency(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World(temperature_c=lambda t: None, frequency_khz=lambda t: None)
    assert soak(monkeypatch, world, "--minutes", "1") == 0
    shown = capsys.readouterr().out
    assert "temperature" not in shown
    assert "hottest" not in shown


def test_a_very_short_soak_still_has_a_figure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        soak(monkeypatch, World(lambda t: 2 * SECOND), "--minutes", "0.01") == 3
    )  # undecided: too short for an interval
    assert "too few samples for an interval" in capsys.readouterr().out


def test_this_machine_takes_a_real_soak(tmp_path: Path, small_model: Path) -> None:
    command = [sys.executable, "-m", "pibench", "soak", str(small_model), "--minutes", "0.02", "--fps", "20", "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 3), done.stderr
    document = json.loads(done.stdout)
    jsonschema.validate(document, json_schema())
    (measurement,) = document["results"][0]["measurements"]
    assert len(measurement["start_ns"]) == 24


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--threads", "1,2"], "a soak is of one condition: here are 2"),
        (["--minutes", "0"], "'0' is not a number of minutes"),
        (["--minutes", "nan"], "'nan' is not a number of minutes"),
        (["--fps", "0"], "'0' is not a number of frames"),
        (["--minutes", "600", "--fps", "60"], "give 69 minutes at the most"),
        (["-o", "."], "it is a directory"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    arguments: list[str], sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert soak(monkeypatch, World(), *arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("pibench: ")
    assert sentence in shown.err


def test_a_missing_file_is_told_before_anything_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["soak", "none.tflite"]) == 2
    assert "none.tflite does not exist" in capsys.readouterr().err
