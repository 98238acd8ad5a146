"""Readings of cpufreq that several knobs share."""

from __future__ import annotations

from typing import NamedTuple

from pibench.doctor.host import Host

NO_CPUFREQ = "this kernel has no cpufreq"
_KHZ_PER_MHZ = 1000


class Limits(NamedTuple):
    """The clocks a policy may choose and those the hardware has, in kHz."""

    low_khz: int
    high_khz: int
    lowest_khz: int
    highest_khz: int

    @property
    def is_fixed(self) -> bool:
        return self.low_khz == self.high_khz


def policies(host: Host) -> list[str]:
    """The folder of each group of cores that share a clock."""
    return host.paths("sys/devices/system/cpu/cpufreq/policy[0-9]*") or host.paths(
        "sys/devices/system/cpu/cpu[0-9]*/cpufreq"
    )


def limits(host: Host, policy: str) -> Limits | None:
    names = ("scaling_min_freq", "scaling_max_freq", "cpuinfo_min_freq", "cpuinfo_max_freq")
    low, high, lowest, highest = (host.number(f"{policy}/{name}") for name in names)
    if low is None or high is None or lowest is None or highest is None or not 0 < low <= high:
        return None
    return Limits(low, high, lowest, highest)


def mhz(khz: int) -> str:
    return f"{khz / _KHZ_PER_MHZ:.0f}"


def distinct(words: list[str]) -> str:
    return ", ".join(dict.fromkeys(words))
