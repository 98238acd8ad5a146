"""The Raspberry Pi firmware's throttle flags: what the bits mean, and who tells them.

Bits 0 to 3 hold now; sixteen places up, the same bits stay set once it has happened, until
somebody clears them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from pibench.device.files import read_text
from pibench.device.runner import Completed, Runner

FlagKind = Literal["under_voltage", "capped", "throttled", "soft_limit"]

BITS: dict[FlagKind, int] = {"under_voltage": 1 << 0, "capped": 1 << 1, "throttled": 1 << 2, "soft_limit": 1 << 3}
TITLES: dict[FlagKind, str] = {
    "under_voltage": "under-voltage",
    "capped": "clock capped",
    "throttled": "throttled",
    "soft_limit": "soft temperature limit",
}
STICKY_SHIFT = 16
_ALL = sum(BITS.values())

MAILBOX = "dev/vcio"
SYSFS_FLAGS = "sys/devices/platform/soc/soc:firmware/get_throttled"
_VOLTAGE_MONITOR = "rpi_volt"
_VCGENCMD = re.compile(r"throttled=0x([0-9a-fA-F]{1,8})")
_HEXADECIMAL = re.compile(r"(0x)?[0-9a-fA-F]{1,8}")


class ThrottleFlags(NamedTuple):
    """``flags`` as far as ``known`` (a mask) goes, and what was amiss where that is not everything."""

    flags: int
    known: int
    problem: str = ""

    def tells(self, kind: FlagKind) -> bool:
        """Whether anybody told if this holds now."""
        return bool(self.known & BITS[kind])

    def tells_past(self, kind: FlagKind) -> bool:
        """Whether anybody told if this happened before."""
        return bool(self.known >> STICKY_SHIFT & BITS[kind])


def live_kinds(flags: int) -> tuple[FlagKind, ...]:
    """What holds at this moment."""
    return tuple(kind for kind, bit in BITS.items() if flags & bit)


def past_kinds(flags: int) -> tuple[FlagKind, ...]:
    """What happened since the marks were cleared."""
    return live_kinds(flags >> STICKY_SHIFT)


def read_throttle_flags(root: Path, runner: Runner) -> ThrottleFlags:
    """The flags at this moment: from mailbox or kernel, and vcgencmd; else under-voltage from hwmon.

    Answers are united: since Linux 4.20 the kernel clears the marks that the mailbox shows every
    two seconds (raspberrypi-hwmon), while vcgencmd may still know them.
    """
    asked = runner.run("vcgencmd", "get_throttled")
    answers = [flags for flags in (_kernel_flags(root), parse_vcgencmd(asked)) if flags is not None]
    if answers:
        return ThrottleFlags(answers[0] | answers[-1], _ALL | _ALL << STICKY_SHIFT)
    problem = "vcgencmd is not installed" if asked is None else f"vcgencmd says: {asked.output[:80] or 'nothing'}"
    alarm = _voltage_alarm(root)
    if alarm is None:
        return ThrottleFlags(0, 0, problem)
    return ThrottleFlags(BITS["under_voltage"] if alarm else 0, BITS["under_voltage"], problem)


def parse_vcgencmd(answer: Completed | None) -> int | None:
    """The flags in the answer to ``vcgencmd get_throttled``; None if it is none."""
    if answer is None or answer.code != 0:
        return None
    match = _VCGENCMD.fullmatch(answer.output)
    return int(match[1], 16) if match else None


def read_mailbox(root: Path) -> int | None:
    """The flags by way of the firmware's mailbox; None where it does not answer."""
    from pibench import _native  # here, since the doctor is quick to start

    return _native.read_channel(root / MAILBOX, "mailbox")


def read_sysfs_flags(root: Path) -> int | None:
    """The flags in the file of older kernels, which writes them in hexadecimal without saying so."""
    text = read_text(root / SYSFS_FLAGS) or ""
    return int(text, 16) if _HEXADECIMAL.fullmatch(text) else None


def voltage_alarms(root: Path) -> Iterator[Path]:
    """The kernel's under-voltage alarms (``rpi_volt``): 1 if the voltage dropped within two seconds."""
    for folder in sorted((root / "sys/class/hwmon").glob("hwmon*")):
        alarm = folder / "in0_lcrit_alarm"
        if read_text(folder / "name") == _VOLTAGE_MONITOR and alarm.exists():
            yield alarm


def _kernel_flags(root: Path) -> int | None:
    flags = read_mailbox(root)
    return read_sysfs_flags(root) if flags is None else flags


def _voltage_alarm(root: Path) -> bool | None:
    answers = [text == "1" for path in voltage_alarms(root) if (text := read_text(path)) in ("0", "1")]
    return any(answers) if answers else None
