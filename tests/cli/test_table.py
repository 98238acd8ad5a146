from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace
from odd_model import write_odd_model
from sample_report import sample_report
from table_world import OTHER_CONDITION, formula_ns, formula_table

from pibench.cli.main import run
from pibench.models.architectures import build
from pibench.report import save as save_report
from pibench.table import LatencyTable, Point, Table, load, save

NET = "mobilenet_v1:depth=3,width=4,input_size=8"
# Whether other work ran beside the tests is not theirs to say.
MEASURED = (0, 3)
QUICK = ("--most-points", "8", "--processes", "2")


def pibench(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pibench", "table", *arguments]
    wide = {**os.environ, "COLUMNS": "200"}
    return subprocess.run(command, cwd=cwd, env=wide, capture_output=True, text=True, check=False)


def points_of(table: Table) -> list[Point]:
    return [point for curve in table.curves for point in curve.points]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    """A table built here, once, and what the command told."""
    folder = tmp_path_factory.mktemp("measured")
    done = pibench("build", NET, "-o", "here.table.json", *QUICK, "--calibrate", "2", cwd=folder)
    return done, folder / "here.table.json"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of another board, by a formula."""
    path = tmp_path_factory.mktemp("made") / "pi.table.json"
    save(formula_table([build(NET).renamed(NET)]), path)
    return path


def test_build_measures_the_layers_and_saves_their_table(
    measured: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    done, path = measured
    assert done.returncode in MEASURED
    assert "Traceback" not in done.stderr
    table = load(path)
    assert table.complete
    assert table.commands == (("pibench", "table", "build", NET, "-o", "here.table.json", *QUICK, "--calibrate", "2"),)
    assert table.subjects == (NET,)
    assert table.provenance_digest == table.provenance.digest
    assert all(1 <= len(curve.points) <= 8 for curve in table.curves)
    assert all(point.processes == 2 for curve in table.curves for point in curve.points)
    assert (len(table.calibrations[0].networks), len(table.fixed)) == (2, 1)
    for told in (
        "depthwise 3×3 + relu at 8×8",
        "besides its layers",
        "2 whole networks took",
        "Table: here.table.json",
    ):
        assert told in done.stdout


def test_a_measured_table_predicts_its_network(measured: tuple[object, Path]) -> None:
    latency = LatencyTable.load(measured[1]).latency(build(NET))
    # On a machine with other work the interval may reach down to nothing.
    assert 0 <= latency.low <= latency.ms <= latency.high
    assert latency.ms > 0


def assert_kept(before: Table, after: Table) -> None:
    """What nothing disturbed is kept as it was, and every other point was measured once more."""
    now = points_of(after)
    assert all(point in now for point in points_of(before) if point.trusted)
    assert len(now) >= len(points_of(before))


def test_the_same_build_again_measures_no_point_anew_but_those_that_were_disturbed(
    measured: tuple[object, Path], tmp_path: Path
) -> None:
    path = tmp_path / "again.json"
    path.write_bytes(measured[1].read_bytes())
    done = pibench("build", NET, "-o", "again.json", *QUICK, "--calibrate", "0", cwd=tmp_path)
    assert done.returncode in MEASURED
    before, after = load(measured[1]), load(path)
    assert_kept(before, after)
    assert (len(after.commands), after.complete) == (2, True)


def test_check_holds_a_table_against_networks_measured_here(measured: tuple[object, Path], tmp_path: Path) -> None:
    done = pibench("check", str(measured[1]), "--networks", "3", "--json", cwd=tmp_path)
    assert done.returncode in MEASURED
    document = json.loads(done.stdout)
    assert document["agreement"]["networks"] == len(document["networks"]) == 3
    assert all(network["measured_ms"] > 0 and network["predicted_ms"] > 0 for network in document["networks"])


def test_check_shows_the_worst_and_fails_above_what_is_allowed(measured: tuple[object, Path], tmp_path: Path) -> None:
    done = pibench("check", str(measured[1]), "--networks", "2", "--fail-above", "0", cwd=tmp_path)
    assert done.returncode == 1
    assert "2 networks drawn at random: correlation" in done.stdout
    assert "within ±10 %" in done.stdout


def test_an_interrupted_build_keeps_its_points_and_the_same_command_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "cut.json"
    # Whoever starts the suite in the background has SIGINT ignored, and children inherit it.
    heed_sigint = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    start = f"{heed_sigint}; from pibench.cli.main import main; main()"
    command = [sys.executable, "-c", start, "table", "build", NET, "-o", "cut.json", *QUICK, "--calibrate", "1000"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            while not (path.exists() and points_of(load(path))):
                assert process.poll() is None
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            _, stderr = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    assert "interrupted; what was measured is in cut.json: the same command goes on" in stderr
    assert "Traceback" not in stderr
    cut = load(path)
    assert not cut.complete
    assert points_of(cut)
    done = pibench("build", NET, "-o", "cut.json", *QUICK, "--calibrate", "0", cwd=tmp_path)
    assert done.returncode in MEASURED
    whole = load(path)
    assert whole.complete
    assert_kept(cut, whole)


def test_predict_tells_each_layer_and_the_total(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["table", "predict", str(made), NET]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Raspberry Pi 3 Model B Rev 1.2: litert, 1 thread")
    for name in ("stem.conv", "dense", "every inference", NET):
        assert name in shown


def test_predict_json_is_what_the_library_says(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    narrow = "mobilenet_v1:depth=3,width=3,input_size=8"
    assert run(["table", "predict", str(made), NET, narrow, "--json"]) == 0
    documents = json.loads(capsys.readouterr().out)
    assert [document["subject"] for document in documents] == [NET, narrow]
    for document in documents:
        latency = LatencyTable.load(made).latency(build(document["subject"]))
        assert (document["latency_ms"], document["low_ms"], document["high_ms"]) == latency[:3]
        assert [layer["latency_ms"] for layer in document["layers"]] == [layer.ms for layer in latency.layers]


def test_extrapolation_is_refused_then_allowed_and_doubtful(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wide = "mobilenet_v1:depth=3,width=9,input_size=8"
    assert run(["table", "predict", str(made), wide]) == 2
    assert "build the table for a wider network" in capsys.readouterr().err
    assert run(["table", "predict", str(made), wide, "--extrapolate", "--layers"]) == 3
    shown = capsys.readouterr().out
    assert "(extrapolated)" in shown
    assert "extrapolated: " in shown


def test_show_tells_curves_fixed_time_and_calibration(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["table", "show", str(made)]) == 0
    shown = capsys.readouterr().out
    for told in ("conv 1×1 + relu at 4×4", "1–4 × 1–8", "every inference", "2 whole networks took 0.960 times"):
        assert told in shown


def test_export_writes_a_row_per_point(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "points.csv"
    assert run(["table", "export", str(made), "-o", str(path)]) == 0
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(points_of(load(made)))
    assert capsys.readouterr().out == f"{path}: {len(rows)} points\n"


def test_one_of_several_conditions_is_named(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    graph = build(NET)
    faster = formula_table([graph], formula=lambda layer: formula_ns(layer) / 2, condition=OTHER_CONDITION)
    one = load(made)
    both = tmp_path / "both.json"
    save(replace(one, curves=one.curves + faster.curves, fixed=one.fixed + faster.fixed), both)
    assert run(["table", "predict", str(both), NET]) == 2
    assert "name one with --runtime, --threads, --kernels or --cpus" in capsys.readouterr().err
    assert run(["table", "predict", str(both), NET, "--threads", "4"]) == 2
    assert "none of them is the one named" in capsys.readouterr().err
    assert run(["table", "predict", str(both), NET, "--threads", "1"]) == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["build", NET], "Missing option '-o'"),
        (["build", "mobilnet_v1", "-o", "new"], "Did you mean 'mobilenet_v1'?"),
        (["build", NET, "-o", "."], "it is a directory"),
        (["build", NET, "-o", "/dev/full"], "it is no regular file"),
        (["build", NET, "-o", "report.json"], "is there already and is no pibench table: give -o another name"),
        (["build", NET, "-o", "damaged.json"], "is there already and is no pibench table"),
        (["build", NET, "-o", "newer.json"], "has table version 2, this pibench reads 1: update pibench"),
        (["build", NET, "-o", "pi.json"], "the table was measured on another machine or system (board"),
        (["build", NET, "-o", "new", "--error", "-1"], "is not a percentage"),
        (["build", NET, "-o", "new", "--most-points", "7"], "7 is not in the range"),
        (["build", NET, "-o", "new", "--processes", "1"], "1 is not in the range"),
        (["build", NET, "-o", "new", "--runtime", "onnx"], "'onnx' is unknown"),
        (["check", "pi.json"], "the table was measured on another machine or system (board"),
        (["check", "pi.json", "wide_resnet:depth=10"], "the table "),
        (["check", "none.json"], "cannot read the table none.json: No such file"),
        (["predict", "pi.json", "wide_resnet:depth=10"], "pibench table build 'wide_resnet:depth=10' -o TABLE"),
        (["predict", "pi.json", "none.tflite"], "does not exist"),
        (["predict", "report.json", NET], "is not a pibench table: it has no table_version"),
        (["show", "damaged.json"], "is not a pibench table, or a damaged one"),
        (["export", "pi.json", "-o", "points.xls"], "is neither a .csv nor a .parquet file"),
        (["export", "pi.json", "-o", "/proc/nowhere/x.csv"], "cannot write the table to /proc/nowhere/x.csv"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    made: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: Sequence[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    save_report(sample_report(), Path("report.json"))
    Path("pi.json").write_bytes(made.read_bytes())
    Path("damaged.json").write_bytes(made.read_bytes()[:500])
    Path("newer.json").write_text('{"table_version": 2}')
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert run(["table", *arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("pibench: ")
    assert sentence in shown.err
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_table_is_never_replaced_by_a_report(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "pi.json"
    path.write_bytes(made.read_bytes())
    assert run(["bench", NET, "-o", str(path)]) == 2
    assert "is there already and is no pibench report" in capsys.readouterr().err
    assert path.read_bytes() == made.read_bytes()


def test_an_opaque_operation_is_named_before_anything_is_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "odd.tflite"
    write_odd_model(NET, path)
    assert run(["table", "build", str(path), "-o", str(tmp_path / "new.json")]) == 2
    assert "has an operation that pibench does not know: TRANSPOSE_CONV" in capsys.readouterr().err
    assert not (tmp_path / "new.json").exists()


@pytest.mark.parametrize("command", ["build", "predict", "check", "show", "export"])
def test_every_command_has_help_and_its_line_in_the_list(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    from pibench.cli.table import COMMANDS

    assert run(["table", command, "--help"]) == 0
    assert "Usage: pibench table" in capsys.readouterr().out
    assert set(COMMANDS) == {"build", "predict", "check", "show", "export"}
