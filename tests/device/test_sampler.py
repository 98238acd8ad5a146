"""The native thread, on real files: nothing here waits for a time, only for a reading."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from trees import threads

from pibench import _native

PERIOD_NS = 1_000_000
HOUR_NS = 3_600_000_000_000
PATIENCE_S = 60


def until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < give_up, "it never came"
        time.sleep(0.001)


def allowed(task: Path) -> str:
    return next(
        line.split()[1] for line in (task / "status").read_text().splitlines() if line.startswith("Cpus_allowed_list")
    )


def last(sampler: _native.TraceSampler, column: int = 2) -> int | None:
    value = int(sampler.readings()[-1, column])
    return None if value == _native.MISSING else value


@pytest.fixture
def sensor(tmp_path: Path) -> Path:
    path = tmp_path / "temp"
    path.write_text("48312\n")
    return path


def test_what_lies_between_start_and_stop_lies_between_two_readings(sensor: Path) -> None:
    sampler = _native.TraceSampler([(sensor, "decimal")], HOUR_NS)
    assert sampler.readings().shape == (0, 3)
    before_ns = time.monotonic_ns()
    sampler.start()
    began_ns = time.monotonic_ns()
    sensor.write_text("51000\n")
    ended_ns = time.monotonic_ns()
    sampler.stop()
    after_ns = time.monotonic_ns()
    readings = sampler.readings()
    assert readings.dtype == np.int64
    assert readings[:, 2].tolist() == [48312, 51000]
    assert before_ns <= readings[0, 0] <= readings[0].sum() - 48312 <= began_ns
    assert ended_ns <= readings[1, 0] <= readings[1].sum() - 51000 <= after_ns


def test_values_are_followed_while_the_thread_runs(sensor: Path) -> None:
    sampler = _native.TraceSampler([(sensor, "decimal")], PERIOD_NS)
    sampler.start()
    for value in (50_000, -3, 0):
        sensor.write_text(f"{value}\n")
        until(lambda value=value: last(sampler) == value)  # type: ignore[misc]
    sampler.stop()
    readings = sampler.readings()
    assert (np.diff(readings[:, 0]) > 0).all()
    assert (readings[:, 1] > 0).all()


def test_a_file_that_vanishes_is_missing_until_it_comes_back(sensor: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("7")
    sampler = _native.TraceSampler([(sensor, "decimal"), (other, "decimal")], PERIOD_NS)
    sampler.start()
    sensor.unlink()
    until(lambda: last(sampler) is None)
    assert last(sampler, 3) == 7
    sensor.write_text("60000\n")
    until(lambda: last(sampler) == 60_000)
    replacement = tmp_path / "new"
    replacement.write_text("61000\n")
    replacement.rename(sensor)
    until(lambda: last(sampler) == 61_000)
    sampler.stop()


@pytest.mark.parametrize(
    ("text", "encoding", "value"),
    [
        ("48312\n", "decimal", 48312),
        ("-1000", "decimal", -1000),
        ("0x50005\n", "decimal", 0x50005),
        ("0X1f \n", "decimal", 0x1F),
        ("0\n", "decimal", 0),
        ("50005\n", "hexadecimal", 0x50005),
        ("0xE0008\n", "hexadecimal", 0xE0008),
        ("9223372036854775807", "decimal", 2**63 - 1),
        ("9223372036854775808", "decimal", None),
        ("99999999999999999999", "decimal", None),
        ("", "decimal", None),
        ("\n", "decimal", None),
        ("-", "decimal", None),
        ("0x", "decimal", None),
        ("<unknown>\n", "decimal", None),
        ("48.3\n", "decimal", None),
        ("48312 C\n", "decimal", None),
        ("5000g", "hexadecimal", None),
        ("\x00\xff", "decimal", None),
        ("1" * 1000, "decimal", None),
    ],
)
def test_only_whole_numbers_are_readings(sensor: Path, text: str, encoding: str, value: int | None) -> None:
    sensor.write_text(text)
    assert _native.read_channel(sensor, encoding) == value  # type: ignore[arg-type]


def test_what_cannot_be_read_is_missing(tmp_path: Path) -> None:
    assert _native.read_channel(tmp_path, "decimal") is None
    assert _native.read_channel(tmp_path / "none", "decimal") is None


def test_a_device_that_is_no_mailbox_gives_no_flags(sensor: Path, tmp_path: Path) -> None:
    for path in (sensor, "/dev/null", tmp_path / "vcio"):
        assert _native.read_channel(path, "mailbox") is None


def test_the_firmware_is_asked_for_its_flags_and_told_to_clear_none() -> None:
    assert _native.throttled_request() == (28, 0, 0x00030046, 4, 0, 0, 0)


SOUND = (28, 0x80000000, 0x00030046, 4, 0x80000004, 0x50005, 0)


@pytest.mark.parametrize(
    ("changes", "flags"),
    [
        ({}, 0x50005),
        ({5: 0xFFFFFFFF}, 0xFFFFFFFF),
        ({1: 0x80000001}, None),
        ({1: 0}, None),
        ({2: 0x00030047}, None),
        ({4: 0}, None),
        ({4: 4}, None),
        ({4: 0x80000000}, None),
        ({4: 0x80000008}, None),
    ],
)
def test_only_a_sound_answer_of_the_firmware_has_flags(changes: dict[int, int], flags: int | None) -> None:
    answer = [changes.get(index, word) for index, word in enumerate(SOUND)]
    assert _native.throttled_answer(answer) == flags


def test_an_answer_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="7 words, not 6"):
        _native.throttled_answer(SOUND[:-1])


@pytest.mark.parametrize("cpu", sorted(os.sched_getaffinity(0))[:2])
def test_the_thread_runs_on_the_cores_it_was_given(sensor: Path, cpu: int) -> None:
    sampler = _native.TraceSampler([(sensor, "decimal")], PERIOD_NS, [cpu])
    sampler.start()
    until(lambda: len(threads()) == 1)
    assert allowed(threads()[0]) == str(cpu)
    sampler.stop()
    until(lambda: not threads())


def test_without_cores_the_thread_may_run_where_its_process_may(sensor: Path) -> None:
    sampler = _native.TraceSampler([(sensor, "decimal")], PERIOD_NS)
    sampler.start()
    until(lambda: len(threads()) == 1)
    assert allowed(threads()[0]) == allowed(Path("/proc/self"))
    sampler.stop()


def test_cores_that_do_not_exist_are_an_error_and_leave_no_thread(sensor: Path) -> None:
    sampler = _native.TraceSampler([(sensor, "decimal")], PERIOD_NS, [1023])
    with pytest.raises(OSError, match="Invalid argument"):
        sampler.start()
    sampler.stop()
    until(lambda: not threads())


def test_a_long_period_does_not_delay_the_stop_which_may_be_repeated(sensor: Path) -> None:
    sampler = _native.TraceSampler([(sensor, "decimal")], HOUR_NS)
    sampler.stop()
    sampler.start()
    until(lambda: bool(threads()))
    sampler.stop()
    sampler.stop()
    assert len(sampler.readings()) == 2


def test_a_sampler_runs_once(sensor: Path) -> None:
    sampler = _native.TraceSampler([(sensor, "decimal")], PERIOD_NS)
    sampler.start()
    with pytest.raises(RuntimeError, match="once"):
        sampler.start()
    sampler.stop()
    with pytest.raises(RuntimeError, match="once"):
        sampler.start()


def test_a_sampler_that_is_dropped_ends_its_thread(sensor: Path) -> None:
    sampler = _native.TraceSampler([(sensor, "decimal")], PERIOD_NS)
    sampler.start()
    until(lambda: len(threads()) == 1)
    del sampler
    gc.collect()
    until(lambda: not threads())


def test_files_are_closed_with_the_sampler(sensor: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    sampler = _native.TraceSampler([(sensor, "decimal")] * 20, PERIOD_NS)
    sampler.start()
    sampler.stop()
    del sampler
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


@pytest.mark.parametrize(
    ("channels", "period_ns", "cpus"),
    [([("a", "octal")], PERIOD_NS, []), ([], 0, []), ([], PERIOD_NS, [-1]), ([], PERIOD_NS, [1024])],
)
def test_what_makes_no_sense_is_refused(channels: list[tuple[str, str]], period_ns: int, cpus: list[int]) -> None:
    with pytest.raises(ValueError, match=r"octal|at least 1|no core"):
        _native.TraceSampler(channels, period_ns, cpus)  # type: ignore[arg-type]
