from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

from pibench.report import json_schema, load

QUICK = ("--processes", "1", "--seconds", "0.05")
NET = "mobilenet_v1:depth=3,width=4"


def pibench(*arguments: str, cwd: Path, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pibench", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, **options)  # type: ignore


def only_report(folder: Path) -> Path:
    (path,) = (folder / "reports").glob("*.json")
    return path


def test_a_run_prints_a_table_and_writes_a_report(tmp_path: Path, small_model: Path) -> None:
    done = pibench("bench", NET, str(small_model), *QUICK, cwd=tmp_path)
    assert done.returncode == 0
    assert "median ms" in done.stdout
    assert "Traceback" not in done.stderr
    report = load(only_report(tmp_path))
    assert report.complete
    assert [r.subject.name for r in report.results] == [NET, str(small_model)]
    assert report.command == ("pibench", "bench", NET, str(small_model), *QUICK)


def test_json_is_the_report_and_nothing_else(tmp_path: Path) -> None:
    done = pibench("bench", NET, *QUICK, "--json", cwd=tmp_path)
    document = json.loads(done.stdout)
    jsonschema.validate(document, json_schema())
    assert document == json.loads(only_report(tmp_path).read_bytes())


def test_conditions_form_a_matrix(tmp_path: Path) -> None:
    done = pibench("bench", NET, *QUICK, "--threads", "1,2", "--kernels", "xnnpack,builtin", "--json", cwd=tmp_path)
    conditions = [r["condition"] for r in json.loads(done.stdout)["results"]]
    assert [(c["threads"], c["kernels"]) for c in conditions] == [
        (1, "xnnpack"),
        (1, "builtin"),
        (2, "xnnpack"),
        (2, "builtin"),
    ]


def test_bad_subjects_cost_their_rows_only_and_exit_code_2(tmp_path: Path, small_model: Path) -> None:
    (tmp_path / "empty.tflite").touch()
    (tmp_path / "text.tflite").write_text("no model")
    (tmp_path / "cut.tflite").write_bytes(small_model.read_bytes()[:900])
    bad = ["empty.tflite", "text.tflite", "cut.tflite", "none.tflite", ".", "mobilnet_v1", "mobilenet_v1:width=0"]
    done = pibench("bench", *bad, NET, *QUICK, cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr + done.stdout
    sentences = [line for line in done.stderr.splitlines() if line.startswith("pibench: ")]
    assert len(sentences) == len(bad)
    *failed, measured = load(only_report(tmp_path)).results
    assert all(result.failure is not None for result in failed)
    assert measured.summary is not None


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--threads", "0"], "'0' is not a number from 1 to 1024"),
        (["--threads", "two"], "'two' is not a number from 1 to 1024"),
        (["--threads", "²"], "is not a number from 1 to 1024"),
        (["--threads", "99999999999999999999"], "is not a number from 1 to 1024"),
        (["--seconds", "nan"], "'nan' is not a number of seconds"),
        (["--timeout", "inf"], "'inf' is not a number of seconds"),
        (["--seed", "-1"], "-1 is not in the range"),
        (["--runtime", "litrt"], "'litrt' is unknown. Did you mean 'litert'?"),
        (["--kernels", "fast"], "'fast' is unknown. Known: builtin, reference, xnnpack."),
        (["--seconds", "0"], "'0' is not a number of seconds above 0"),
        (["--processes", "0"], "0 is not in the range"),
        (["--nonsense"], "No such option"),
        (["-o", "."], "it is a directory"),
        (["-o", "/dev/null"], "it is no regular file"),
        (["-o", "x" * 300], "File name too long"),
        (["-o", "/proc/nowhere/report.json"], "cannot write the report"),
    ],
)
def test_a_wrong_option_is_one_sentence_and_exit_code_2(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    done = pibench("bench", NET, *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("pibench: ")
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_names_may_look_like_markup(tmp_path: Path, small_model: Path) -> None:
    name = "[red]x[bold].tflite"
    (tmp_path / name).write_bytes(small_model.read_bytes())
    done = pibench("bench", name, "[/red].tflite", *QUICK, cwd=tmp_path, env={**os.environ, "COLUMNS": "160"})
    assert name in done.stdout
    assert "[/red].tflite does not exist" in done.stderr


def test_a_terminal_without_the_signs_still_gets_its_table(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = pibench("bench", NET, *QUICK, cwd=tmp_path, env=environment)
    assert (done.returncode, "median ms" in done.stdout) == (0, True)


def test_a_report_that_cannot_be_saved_on_the_way_does_not_cost_the_table(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    code = (
        "import errno, pathlib; import pibench.report.storage as s\n"
        "def full(f): raise OSError(errno.ENOSPC, 'No space left on device')\n"
        "s.os.fsync = full; from pibench.cli.main import main; main()"
    )
    command = [sys.executable, "-c", code, "bench", NET, *QUICK]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "median ms" in done.stdout
    assert "No space left on device" in done.stderr
    assert list(folder.iterdir()) == []


def test_a_full_output_is_told_without_a_traceback(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "pibench", "schema"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "No space left" in done.stderr


def test_runs_of_one_moment_keep_their_reports_apart(tmp_path: Path) -> None:
    for _ in range(2):
        pibench("bench", NET, *QUICK, cwd=tmp_path)
    assert len(list((tmp_path / "reports").iterdir())) == 2


def test_more_threads_than_cores_is_a_doubt_not_an_error(tmp_path: Path) -> None:
    threads = str((os.cpu_count() or 1) + 1)
    done = pibench("bench", NET, *QUICK, "--threads", threads, "--json", cwd=tmp_path)
    assert done.returncode == 0
    (result,) = json.loads(done.stdout)["results"]
    assert "oversubscribed" in [doubt["kind"] for doubt in result["doubts"]]


def test_a_slow_worker_is_ended_and_told(tmp_path: Path) -> None:
    done = pibench("bench", NET, *QUICK, "--timeout", "0.01", cwd=tmp_path)
    assert done.returncode == 2
    assert "--timeout" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_keeps_what_it_has_and_ends_its_worker(tmp_path: Path, number: signal.Signals) -> None:
    # Whoever starts the suite in the background has SIGINT ignored, and children inherit it.
    heed_sigint = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    start = f"{heed_sigint}; from pibench.cli.main import main; main()"
    arguments = ["bench", NET, "wide_resnet:depth=10", "-o", "r.json", "--processes", "50", "--seconds", "50"]
    process = subprocess.Popen(
        [sys.executable, "-c", start, *arguments], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    path = tmp_path / "r.json"
    measured = wait_for(lambda: path.exists() and sum(len(r.measurements) for r in load(path).results))
    process.send_signal(number)
    _, stderr = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "interrupted" in stderr
    assert "Traceback" not in stderr
    report = load(path)
    assert not report.complete
    assert sum(len(r.measurements) for r in report.results) >= measured
    assert wait_for(lambda: not workers_below(tmp_path)) is not None


def workers_below(folder: Path) -> list[str]:
    found = []
    for cwd in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if cwd.readlink() == folder:
                found.append(cwd.parent.name)
        except OSError:
            continue
    return found


def wait_for(condition):  # type: ignore[no-untyped-def]
    for _ in range(300):
        if value := condition():
            return value
        time.sleep(0.1)
    raise AssertionError("it did not happen within 30 s")
