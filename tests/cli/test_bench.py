from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import psutil
import pytest

from pibench.report import json_schema, load

QUICK = ("--processes", "1", "--seconds", "0.05", "--pause", "0", "--warm-up-limit", "0")
# A figure is there: trusted or, since other work may run beside the tests, not.
MEASURED = (0, 3)
NET = "mobilenet_v1:depth=3,width=4"


def pibench(*arguments: str, cwd: Path, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pibench", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, **options)  # type: ignore


def only_report(folder: Path) -> Path:
    (path,) = (folder / "reports").glob("*.json")
    return path


def test_a_run_prints_a_table_and_writes_a_report(tmp_path: Path, small_model: Path) -> None:
    done = pibench("bench", NET, str(small_model), *QUICK, cwd=tmp_path)
    assert done.returncode in MEASURED
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
        (["--protocol", "slow"], "'slow' is not one of 'quick', 'standard', 'thorough', 'thesis'"),
        (["--protocol", "thesis", "--threads", "2"], "--protocol thesis is of one thread"),
        (["--precision", "-1"], "'-1' is not a percentage"),
        (["--limit-ms", "0"], "'0' is not a number of milliseconds above 0"),
        (["--cpus", "first"], "'first' is no list of cores"),
        (["--cpus", ""], "'' is no list of cores"),
        (["--cpus", "3-1"], "'3-1' is no list of cores"),
        (["--cpus", "0", "--threads", "2"], "2 threads need as many cores, one each: here is 0 only"),
        (["--cpus", "1000"], "core 1000 cannot be used: choose among"),
        (["--cpus", "0,1000"], "core 1000 cannot be used: choose among"),
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
    assert done.returncode in MEASURED
    assert "median ms" in done.stdout


FULL_DISK = (
    "import errno, pathlib, tempfile; import pibench.document as s; real = s.os.fsync\n"
    "def full(f):\n"
    "    if 'reports' in pathlib.Path(f'/proc/self/fd/{{f}}').readlink().parts or {everywhere}:\n"
    "        raise OSError(errno.ENOSPC, 'No space left on device')\n"
    "    real(f)\n"
    "s.os.fsync = lambda f: full(f if isinstance(f, int) else f.fileno())\n"
    "from pibench.cli.main import main; main()"
)


def with_a_full_disk(folder: Path, *, everywhere: bool) -> subprocess.CompletedProcess[str]:
    (folder / "reports").mkdir()
    command = [sys.executable, "-c", FULL_DISK.format(everywhere=everywhere), "bench", NET, *QUICK]
    environment = {**os.environ, "TMPDIR": str(folder)}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)


def test_a_report_that_cannot_be_saved_does_not_cost_the_table_and_is_kept_elsewhere(tmp_path: Path) -> None:
    done = with_a_full_disk(tmp_path, everywhere=False)
    assert done.returncode == 2
    assert "median ms" in done.stdout
    told = done.stderr.splitlines()
    assert told[0].endswith("No space left on device; choose another place with -o; going on, and trying again")
    (kept,) = tmp_path.glob("pibench-*.json")
    assert told[-1].endswith(f"it is in {kept} instead")
    assert load(kept).results[0].summary is not None
    assert list((tmp_path / "reports").iterdir()) == []


def test_a_disk_that_is_full_everywhere_still_does_not_cost_the_table(tmp_path: Path) -> None:
    done = with_a_full_disk(tmp_path, everywhere=True)
    assert done.returncode == 2
    assert "median ms" in done.stdout
    assert "instead" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_no_report_is_not_written_over(tmp_path: Path, small_model: Path) -> None:
    mine = tmp_path / "mine.tflite"
    mine.write_bytes(small_model.read_bytes())
    done = pibench("bench", str(mine), *QUICK, "-o", str(mine), cwd=tmp_path)
    assert done.returncode == 2
    assert "is there already and is no pibench report" in done.stderr
    assert mine.read_bytes() == small_model.read_bytes()


def test_an_older_report_stays_until_something_is_measured(tmp_path: Path) -> None:
    assert pibench("bench", NET, *QUICK, "-o", "r.json", cwd=tmp_path).returncode in MEASURED
    before = (tmp_path / "r.json").read_bytes()
    failed = pibench("bench", "none.tflite", *QUICK, "-o", "r.json", cwd=tmp_path)
    assert failed.returncode == 2
    assert "Report: " not in failed.stdout
    assert "no report in r.json: nothing was measured; it holds an older run" in failed.stderr
    assert (tmp_path / "r.json").read_bytes() == before
    assert pibench("bench", NET, *QUICK, "-o", "r.json", cwd=tmp_path).returncode in MEASURED
    assert (tmp_path / "r.json").read_bytes() != before


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_are_no_reason_to_fail(tmp_path: Path, closed: str) -> None:
    command = f"exec {sys.executable} -m pibench bench {NET} {' '.join(QUICK)} {closed}"
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, stdout=subprocess.DEVNULL, check=False)
    assert done.returncode in MEASURED
    assert load(only_report(tmp_path)).complete


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
    assert done.returncode in MEASURED
    (result,) = json.loads(done.stdout)["results"]
    assert "oversubscribed" in [doubt["kind"] for doubt in result["doubts"]]


def test_a_slow_worker_is_ended_and_told(tmp_path: Path) -> None:
    done = pibench("bench", NET, *QUICK, "--timeout", "0.01", cwd=tmp_path)
    assert done.returncode == 2
    assert "--timeout" in done.stderr


# Many processes and much sampling: it will not end by itself while a test looks on.
LONG = ("--processes", "200", "--seconds", "200", "--pause", "0.001", "-o", "r.json")


@contextlib.contextmanager
def running(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A run that has measured something; ended afterwards."""
    # Whoever starts the suite in the background has SIGINT ignored, and children inherit it.
    heed_sigint = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    start = f"{heed_sigint}; from pibench.cli.main import main; main()"
    command = [sys.executable, "-c", start, "bench", *arguments]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            wait_for(lambda: measurements_in(folder / "r.json"))
            yield process
        finally:
            process.kill()


def measurements_in(path: Path) -> int:
    return path.exists() and sum(len(r.measurements) for r in load(path).results)


def workers_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return [child for child in psutil.Process(process.pid).children() if "pibench.worker" in child.cmdline()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_keeps_what_it_has_and_ends_its_worker(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path, NET, "wide_resnet:depth=10", *LONG) as process:
        measured = measurements_in(tmp_path / "r.json")
        workers = wait_for(lambda: workers_of(process))
        process.send_signal(number)
        _, stderr = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "interrupted" in stderr
    assert "Traceback" not in stderr
    report = load(tmp_path / "r.json")
    assert not report.complete
    assert measurements_in(tmp_path / "r.json") >= measured
    _, alive = psutil.wait_procs(workers, timeout=10)
    assert alive == []


def test_a_worker_killed_in_mid_run_costs_at_most_one_row_its_trust(tmp_path: Path) -> None:
    few = ("--processes", "4", "--seconds", "6", "--pause", "0.001", "-o", "r.json")
    with running(tmp_path, NET, "mobilenet_v1:depth=3,width=6", *few) as process:
        for worker in wait_for(lambda: workers_of(process)):
            worker.kill()
        _, stderr = process.communicate(timeout=60)
    report = load(tmp_path / "r.json")
    assert process.returncode in MEASURED
    assert report.complete
    lost = [result for result in report.results if result.failure]
    assert len(lost) <= 1  # none where it was only about to start
    assert stderr.count("the worker was killed (SIGKILL)") == len(lost)
    assert all((r.verdict, r.doubts[0].kind) == ("untrusted", "process_lost") for r in lost)
    assert all(len(r.measurements) == 4 for r in report.results if not r.failure)


def test_what_was_pinned_is_proven_in_the_report(tmp_path: Path) -> None:
    core = max(os.sched_getaffinity(0))
    done = pibench("bench", NET, *QUICK, "--cpus", str(core), "--json", cwd=tmp_path)
    (result,) = load(only_report(tmp_path)).results
    assert done.returncode in MEASURED
    assert result.condition.cpus == (core,)
    (thread, *_) = result.measurements[0].threads
    assert (thread.asked, thread.allowed, thread.seen) == (core, (core,), (core,))


def test_auto_finds_a_core_for_each_thread(tmp_path: Path) -> None:
    pibench("bench", NET, *QUICK, "--cpus", "auto", "--threads", "1,2", cwd=tmp_path)
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("needs two cores")
    assert [len(r.condition.cpus) for r in load(only_report(tmp_path)).results] == [1, 2]


def test_the_thesis_protocol_takes_the_mean_of_each_network_alone(tmp_path: Path) -> None:
    arguments = ("--protocol", "thesis", "--pause", "0.001", "--seconds", "0.15")
    done = pibench("bench", NET, "mobilenet_v1:depth=3,width=6", *arguments, cwd=tmp_path)
    report = load(only_report(tmp_path))
    assert "mean ms" in done.stdout
    assert len(report.sessions) == 6
    assert all(len(set(turns)) == 1 for session in report.sessions for turns in session.rounds)
    assert all(m.warm_up.settling == "not_asked" for r in report.results for m in r.measurements)
    assert all(len(m.duration_ns) >= 50 for r in report.results for m in r.measurements)


def test_the_board_is_traced_and_cooled_beside_every_process(tmp_path: Path) -> None:
    pibench("bench", NET, *QUICK, "--processes", "2", cwd=tmp_path)
    sessions = load(only_report(tmp_path)).sessions
    assert [session.process for session in sessions] == [0, 1]
    assert all(session.cool_down.outcome in ("met", "not_met", "no_sensor") for session in sessions)
    assert all(session.rounds for session in sessions)


def test_a_limit_that_is_wholly_passed_ends_with_1(tmp_path: Path) -> None:
    done = pibench("bench", NET, *QUICK, "--processes", "3", "--limit-ms", "0.000001", "--json", cwd=tmp_path)
    trusted = load(only_report(tmp_path)).results[0].verdict == "trusted"
    assert done.returncode == (1 if trusted else 3)


def wait_for(condition):  # type: ignore[no-untyped-def]
    for _ in range(300):
        if value := condition():
            return value
        time.sleep(0.1)
    raise AssertionError("it did not happen within 30 s")
