from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pibench.device.runner import Completed, SystemRunner
from pibench.doctor.host import this_host


def program(root: Path, name: str, script: str, mode: int = 0o755) -> None:
    path = root / "usr/bin" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(mode)


def test_only_programs_below_the_root_are_run(tmp_path: Path) -> None:
    assert SystemRunner(tmp_path).run("ls") is None
    program(tmp_path, "ls", 'echo "fake $*"; exit 3')
    assert SystemRunner(tmp_path).run("ls", "-l") == Completed(3, "fake -l")


def test_standard_error_and_broken_text_are_kept(tmp_path: Path) -> None:
    program(tmp_path, "tool", "printf 'a\\377' >&2")
    assert SystemRunner(tmp_path).run("tool") == Completed(0, "a\N{REPLACEMENT CHARACTER}")


def test_a_program_that_hangs_is_given_up(tmp_path: Path) -> None:
    program(tmp_path, "tool", "exec sleep 20")
    assert SystemRunner(tmp_path).run("tool", timeout_s=0.2) == Completed(None, "no answer within 0.2 s")


def test_a_program_that_cannot_be_started_counts_as_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "tool", "exit 0", mode=0o644)
    assert SystemRunner(tmp_path).run("tool") is None

    def refuse(*arguments: object, **options: object) -> None:
        raise OSError(8, "Exec format error")

    program(tmp_path, "tool", "exit 0")
    monkeypatch.setattr(subprocess, "run", refuse)
    assert SystemRunner(tmp_path).run("tool") is None


def test_this_machine_and_its_programs_can_be_asked() -> None:
    host = this_host()
    assert host.machine
    assert host.pointer_bits in (32, 64)
    assert host.runner.run("true") == Completed(0, "")
    assert host.processes() is None or host.processes()
