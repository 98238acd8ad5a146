from __future__ import annotations

from pathlib import Path

import pytest
from trees import HWMON, SYSFS_FLAGS, Vcgencmd, throttled, write_tree

from pibench import _native
from pibench.device.firmware import (
    BITS,
    TITLES,
    ThrottleFlags,
    live_kinds,
    parse_vcgencmd,
    past_kinds,
    read_mailbox,
    read_sysfs_flags,
    read_throttle_flags,
    voltage_alarms,
)
from pibench.device.runner import Completed

EVERYTHING = 0xF000F


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """What the firmware answers by its mailbox, by path."""
    answers: dict[str, int] = {}
    monkeypatch.setattr(_native, "read_channel", lambda path, encoding: answers.get(str(path)))
    return answers


def alarm(value: str, number: int = 1, name: str = "rpi_volt") -> dict[str, str]:
    folder = f"{HWMON[:-1]}{number}"
    return {f"{folder}/name": f"{name}\n", f"{folder}/in0_lcrit_alarm": f"{value}\n"}


@pytest.mark.parametrize(
    ("flags", "live", "past"),
    [
        (0, (), ()),
        (0x1, ("under_voltage",), ()),
        (0x50005, ("under_voltage", "throttled"), ("under_voltage", "throttled")),
        (0xE0000, (), ("capped", "throttled", "soft_limit")),
        (0xFFF0FFF0, (), ()),
        (0xFFFFFFFF, tuple(BITS), tuple(BITS)),
    ],
)
def test_live_bits_and_sticky_marks_are_told_apart(flags: int, live: tuple[str, ...], past: tuple[str, ...]) -> None:
    assert (live_kinds(flags), past_kinds(flags)) == (live, past)


def test_every_bit_has_a_title() -> None:
    assert TITLES.keys() == BITS.keys()


@pytest.mark.parametrize(
    ("answer", "flags"),
    [
        (Completed(0, "throttled=0x0"), 0),
        (Completed(0, "throttled=0x50005"), 0x50005),
        (Completed(0, "throttled=0xE0008"), 0xE0008),
        (Completed(1, "throttled=0x50005"), None),
        (Completed(None, "no answer within 5 s"), None),
        (Completed(0, "throttled=0x"), None),
        (Completed(0, "throttled=0x123456789"), None),
        (Completed(0, "error=1"), None),
        (Completed(0, ""), None),
        (None, None),
    ],
)
def test_only_a_sound_answer_of_vcgencmd_has_flags(answer: Completed | None, flags: int | None) -> None:
    assert parse_vcgencmd(answer) == flags


@pytest.mark.parametrize(
    ("text", "flags"),
    [("50005\n", 0x50005), ("0x50005\n", 0x50005), ("0\n", 0), ("", None), ("nonsense", None), ("123456789", None)],
)
def test_the_kernels_file_is_hexadecimal(tmp_path: Path, text: str, flags: int | None) -> None:
    assert read_sysfs_flags(write_tree(tmp_path, {SYSFS_FLAGS: text})) == flags


def test_without_the_device_there_is_no_mailbox(tmp_path: Path) -> None:
    assert read_mailbox(tmp_path) is None
    assert read_mailbox(write_tree(tmp_path, {"dev/vcio": "a plain file"})) is None


def test_the_mailbox_speaks_before_the_kernels_file(tmp_path: Path, mailbox: dict[str, int]) -> None:
    write_tree(tmp_path, {SYSFS_FLAGS: "2"})
    mailbox[str(tmp_path / "dev/vcio")] = 0x4
    assert read_throttle_flags(tmp_path, Vcgencmd()) == ThrottleFlags(0x4, EVERYTHING)


def test_the_kernels_file_speaks_where_there_is_no_mailbox(tmp_path: Path) -> None:
    write_tree(tmp_path, {SYSFS_FLAGS: "80004\n", **alarm("1")})
    told = read_throttle_flags(tmp_path, Vcgencmd(Completed(255, "VCHI initialization failed")))
    assert told == ThrottleFlags(0x80004, EVERYTHING)


def test_vcgencmd_speaks_where_the_kernel_does_not(tmp_path: Path) -> None:
    write_tree(tmp_path, {SYSFS_FLAGS: "garbage"})
    assert read_throttle_flags(tmp_path, Vcgencmd(throttled(0x50005))) == ThrottleFlags(0x50005, EVERYTHING)


def test_marks_that_the_kernel_cleared_are_had_from_vcgencmd(tmp_path: Path, mailbox: dict[str, int]) -> None:
    mailbox[str(tmp_path / "dev/vcio")] = 0x4
    assert read_throttle_flags(tmp_path, Vcgencmd(throttled(0x50000))).flags == 0x50004


@pytest.mark.parametrize(("text", "flags"), [("0", 0), ("1", 1)])
def test_the_voltage_monitor_tells_of_under_voltage_alone_and_not_of_the_past(
    tmp_path: Path, text: str, flags: int
) -> None:
    told = read_throttle_flags(write_tree(tmp_path, alarm(text)), Vcgencmd())
    assert told == ThrottleFlags(flags, 0x1, "vcgencmd is not installed")
    assert told.tells("under_voltage")
    assert not told.tells("throttled")
    assert not told.tells_past("under_voltage")


@pytest.mark.parametrize("files", [{}, alarm("?"), alarm("1", name="nvme"), {f"{HWMON}/name": "rpi_volt"}])
def test_where_nobody_tells_nothing_is_known_and_why(tmp_path: Path, files: dict[str, str]) -> None:
    told = read_throttle_flags(write_tree(tmp_path, files), Vcgencmd(Completed(0, "error=1")))
    assert told == ThrottleFlags(0, 0, "vcgencmd says: error=1")


def test_flags_from_the_firmware_tell_of_now_and_of_the_past(tmp_path: Path) -> None:
    told = read_throttle_flags(tmp_path, Vcgencmd(throttled(0)))
    assert all(told.tells(kind) and told.tells_past(kind) for kind in BITS)


def test_only_the_pis_own_voltage_monitor_counts(tmp_path: Path) -> None:
    write_tree(tmp_path, {**alarm("0", 0, "cpu_thermal"), **alarm("0", 2)})
    assert list(voltage_alarms(tmp_path)) == [tmp_path / "sys/class/hwmon/hwmon2/in0_lcrit_alarm"]
