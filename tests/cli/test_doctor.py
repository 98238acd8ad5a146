from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil
import pytest

POLICY = "sys/devices/system/cpu/cpufreq/policy0"
GOVERNOR = f"{POLICY}/scaling_governor"
HUGE = "sys/kernel/mm/transparent_hugepage/enabled"
BOARD = {
    GOVERNOR: "ondemand\n",
    f"{POLICY}/scaling_min_freq": "600000\n",
    f"{POLICY}/scaling_max_freq": "1500000\n",
    f"{POLICY}/cpuinfo_min_freq": "600000\n",
    f"{POLICY}/cpuinfo_max_freq": "1500000\n",
    HUGE: "always\n",
    "proc/cpuinfo": "vendor_id : fake\nflags : fpu\n",
    "run/keep": "",
}
CLI = "import sys, pibench.cli.main as m; m.COMMANDS.setdefault('doctor', ''); m.main(sys.argv[1:])"
BEFORE, DURING = ("ondemand", "always"), ("performance", "madvise")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in BOARD.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def settings(root: Path) -> tuple[str, str]:
    return (root / GOVERNOR).read_text().strip(), (root / HUGE).read_text().strip()


def start(root: Path, *arguments: str, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CLI, "doctor", *arguments]
    environment: Mapping[str, str] = {**os.environ, "PIBENCH_ROOT": str(root), "COLUMNS": "80"}
    return subprocess.Popen(command, env=environment, stdout=-1, stderr=-1, text=True, **options)  # type: ignore


def doctor(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    with start(root, *arguments) as process:
        out, errors = process.communicate(timeout=60)
    return subprocess.CompletedProcess(arguments, process.returncode, out, errors)


def until(condition: Callable[[], object]) -> None:
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it never came to pass")


def test_a_disturbed_machine_is_exit_code_3_and_a_table(root: Path) -> None:
    done = doctor(root)
    assert (done.returncode, done.stderr) == (3, "")
    assert "echo performance | sudo tee" in done.stdout
    assert settings(root) == BEFORE


def test_a_quiet_machine_is_exit_code_0(root: Path) -> None:
    (root / GOVERNOR).write_text("performance\n")
    (root / HUGE).write_text("never\n")
    assert doctor(root).returncode == 0


def test_json_is_the_diagnosis_and_nothing_else(root: Path) -> None:
    done = doctor(root, "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, done.stderr, document["verdict"]) == (3, "", "disturbs")
    governor = next(finding for finding in document["findings"] if finding["name"] == "governor")
    assert governor == {
        "name": "governor",
        "title": "CPU governor",
        "verdict": "disturbs",
        "now": "ondemand",
        "why": governor["why"],
        "note": None,
        "change": [f"echo performance | sudo tee /{GOVERNOR}"],
        "undo": [f"echo ondemand | sudo tee /{GOVERNOR}"],
        "tunable": True,
    }


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--tune", "--json"], "exclude each other"),
        (["--tune", "--restore"], "exclude each other"),
        (["sleep", "1"], "'sleep' would only be run with --tune"),
        (
            ["--tune", "--", "no-such-program"],
            "'no-such-program' is not a program that can be run; nothing was changed.",
        ),
        (["--root", "/does/not/exist"], "does not exist"),
        (["--tnue"], "No such option"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(root: Path, arguments: list[str], sentence: str) -> None:
    done = doctor(root, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("pibench: ")
    assert sentence in done.stderr
    assert settings(root) == BEFORE


@pytest.mark.parametrize("option", ["--tune", "--restore"])
def test_without_rights_nothing_is_changed(option: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from pibench.cli.doctor import command
    from pibench.errors import PibenchError

    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.delenv("PIBENCH_ROOT", raising=False)
    with pytest.raises(PibenchError, match=r"needs root; nothing was changed\. Use: sudo ") as caught:
        command.main([option], standalone_mode=False)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 5", 5), ("kill -9 $$", 137)])
def test_the_command_runs_under_changed_settings_and_gives_its_exit_code(root: Path, script: str, code: int) -> None:
    done = doctor(root, "--tune", "--", "sh", "-c", f"cat $PIBENCH_ROOT/{GOVERNOR} $PIBENCH_ROOT/{HUGE}; {script}")
    assert (done.returncode, done.stdout) == (code, "performancemadvise")
    assert done.stderr == "pibench: 2 settings changed until COMMAND ends\n"
    assert settings(root) == BEFORE


def test_options_after_the_command_are_the_commands(root: Path) -> None:
    assert doctor(root, "--tune", "echo", "--json").stdout == "--json\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_command_and_restores(root: Path, number: signal.Signals) -> None:
    with start(root, "--tune", "--", "sleep", "60") as process:
        until(lambda: settings(root) == DURING and psutil.Process(process.pid).children())
        process.send_signal(number)
        process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert settings(root) == BEFORE


def test_ctrl_c_in_a_terminal_reaches_both_and_restores(root: Path) -> None:
    leader, follower = os.openpty()

    def own_terminal() -> None:
        os.setsid()
        fcntl.ioctl(follower, 0x540E, 0)  # TIOCSCTTY

    with start(root, "--tune", "--", "sleep", "60", stdin=follower, preexec_fn=own_terminal) as process:
        until(lambda: settings(root) == DURING and psutil.Process(process.pid).children())
        os.write(leader, b"\x03")
        process.communicate(timeout=30)
    os.close(leader)
    os.close(follower)
    assert process.returncode == 128 + signal.SIGINT
    assert settings(root) == BEFORE


def test_a_killed_command_restores(root: Path) -> None:
    with start(root, "--tune", "--", "sleep", "60") as process:
        until(lambda: settings(root) == DURING and psutil.Process(process.pid).children())
        psutil.Process(process.pid).children()[0].kill()
        process.communicate(timeout=30)
    assert process.returncode == 137
    assert settings(root) == BEFORE


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_without_a_command_settings_are_held_until_a_signal(root: Path, number: signal.Signals) -> None:
    with start(root, "--tune") as process:
        until(lambda: settings(root) == DURING)
        assert process.poll() is None
        process.send_signal(number)
        out, errors = process.communicate(timeout=30)
    assert (process.returncode, out) == (0, "")
    assert errors == "pibench: 2 settings changed until Ctrl-C\n"
    assert settings(root) == BEFORE


def test_signals_at_any_moment_leave_nothing_changed(root: Path) -> None:
    for delay_s in (0.05, 0.1, 0.15, 0.2, 0.25, 0.3):
        with start(root, "--tune") as process:
            time.sleep(delay_s)
            process.terminate()
            process.communicate(timeout=30)
        assert settings(root) == BEFORE


def test_a_terminal_that_is_gone_does_not_keep_settings_from_being_restored(root: Path) -> None:
    (root / "sys/kernel/mm/transparent_hugepage").rename(root / "gone")
    with start(root, "--tune") as process:
        until(lambda: (root / GOVERNOR).read_text() == "performance")
        assert process.stderr is not None
        process.stderr.close()
        (root / GOVERNOR).unlink()
        process.send_signal(signal.SIGHUP)
        assert process.wait(timeout=30) == 2


def test_nothing_to_change_is_told_and_not_held(root: Path) -> None:
    (root / GOVERNOR).write_text("performance\n")
    (root / HUGE).write_text("never\n")
    done = doctor(root, "--tune")
    assert (done.returncode, done.stderr) == (0, "pibench: there is nothing to change here\n")


def test_a_setting_that_cannot_be_restored_is_told_and_exit_code_2(root: Path) -> None:
    done = doctor(root, "--tune", "--", "rm", str(root / GOVERNOR))
    assert done.returncode == 2
    assert f"restore it by hand: echo ondemand | sudo tee /{GOVERNOR}" in done.stderr
    assert (root / HUGE).read_text() == "always"


def killed(root: Path) -> None:
    with start(root, "--tune") as process:
        until(lambda: settings(root) == DURING)
        process.kill()
        process.communicate(timeout=30)
    assert settings(root) == DURING


def test_after_kill_9_the_next_doctor_offers_and_restore_performs(root: Path) -> None:
    killed(root)
    told = doctor(root)
    assert "a killed --tune left settings changed; put them back with: sudo " in told.stderr
    left = json.loads(doctor(root, "--json").stdout)["tuned"]
    assert (left["is_active"], len(left["undo"])) == (False, 2)
    done = doctor(root, "--restore")
    assert (done.returncode, done.stderr) == (0, "pibench: 2 settings restored\n")
    assert settings(root) == BEFORE
    assert json.loads(doctor(root, "--json").stdout)["tuned"] is None
    assert doctor(root, "--restore").stderr == "pibench: there is nothing to restore\n"


def test_after_kill_9_the_next_tune_restores_what_was_before_both(root: Path) -> None:
    killed(root)
    assert doctor(root, "--tune", "true").returncode == 0
    assert settings(root) == BEFORE


def test_a_restore_that_fails_is_exit_code_2_and_can_be_repeated(root: Path) -> None:
    killed(root)
    (root / GOVERNOR).rename(root / "away")
    done = doctor(root, "--restore")
    assert done.returncode == 2
    assert "restore it by hand" in done.stderr
    (root / "away").rename(root / GOVERNOR)
    assert doctor(root, "--restore").returncode == 0
    assert settings(root) == BEFORE


def test_a_second_tune_and_a_restore_are_refused_while_one_is_active(root: Path) -> None:
    with start(root, "--tune") as process:
        until(lambda: settings(root) == DURING)
        for arguments in (["--tune"], ["--tune", "true"], ["--restore"]):
            done = doctor(root, *arguments)
            assert done.returncode == 2
            assert "another pibench doctor --tune is active" in done.stderr
        assert "is active" in doctor(root).stderr
        assert settings(root) == DURING
        process.terminate()
        process.communicate(timeout=30)
    assert settings(root) == BEFORE
