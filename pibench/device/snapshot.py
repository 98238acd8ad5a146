"""The board as it is now: what a figure must be read beside.

Files of /proc and /sys are read below a root directory, so that tests can supply one. What a
machine does not tell is None, never a guess.
"""

from __future__ import annotations

import os
import platform
import struct
from pathlib import Path

import msgspec

from pibench.device.files import read_number, read_text
from pibench.device.plausible import believed


class Device(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A snapshot. Temperatures in °C, frequencies in kHz, memory in bytes.

    ``busy_cores``: cores that other work kept busy at that moment. The load average, which
    remembers a minute, would blame a run for the installation before it.
    """

    board: str | None
    cpu_model: str | None
    architecture: str
    os: str
    os_bits: int
    kernel: str
    python: str
    cores: int
    usable_cores: int
    memory_bytes: int
    governor: str | None
    frequency_khz: int | None
    maximum_frequency_khz: int | None
    temperature_c: float | None
    load_average_1m: float
    busy_cores: float

    @property
    def name(self) -> str:
        """What people call it: the board, or as much of it as is known."""
        return self.board or self.cpu_model or self.architecture


def read_device(root: Path = Path("/"), observe_s: float = 0.3) -> Device:
    """What this machine says about itself; watches it for ``observe_s`` to see other work."""
    import psutil  # here, since reading a report needs Device but not psutil

    cores = os.cpu_count() or 1
    cpufreq = root / "sys/devices/system/cpu/cpu0/cpufreq"
    return Device(
        board=read_text(root / "sys/firmware/devicetree/base/model"),
        cpu_model=_cpu_model(root),
        architecture=platform.machine(),
        os=_os_name(root),
        os_bits=struct.calcsize("P") * 8,
        kernel=platform.release(),
        python=platform.python_version(),
        cores=cores,
        usable_cores=len(os.sched_getaffinity(0)),
        memory_bytes=psutil.virtual_memory().total,
        governor=read_text(cpufreq / "scaling_governor"),
        frequency_khz=read_number(cpufreq / "scaling_cur_freq"),
        maximum_frequency_khz=read_number(cpufreq / "cpuinfo_max_freq"),
        temperature_c=read_temperature_c(root),
        load_average_1m=psutil.getloadavg()[0],
        busy_cores=psutil.cpu_percent(observe_s) / 100 * cores,
    )


def read_temperature_c(root: Path = Path("/")) -> float | None:
    """The hottest thermal zone, in °C; None without a sensor that tells something plausible."""
    zones = (root / "sys/class/thermal").glob("thermal_zone*/temp")
    readings = [believed("temperature_c", read_number(zone)) for zone in zones]
    return max((reading for reading in readings if reading is not None), default=None)


def _field(path: Path, *names: str) -> str | None:
    """The value of the first ``name : value`` line for the first of these names that has one."""
    fields: dict[str, str] = {}
    for line in (read_text(path) or "").splitlines():
        key, colon, value = line.partition(":")
        if colon:
            fields.setdefault(key.strip(), value.strip())
    return next((fields[name] for name in names if fields.get(name)), None)


# Arm's /proc/cpuinfo has numbers for names; these are the cores of the Raspberry Pis.
_ARM_PARTS = {
    "0xb76": "ARM1176JZF-S",
    "0xc07": "Cortex-A7",
    "0xd03": "Cortex-A53",
    "0xd08": "Cortex-A72",
    "0xd0b": "Cortex-A76",
}


def _cpu_model(root: Path) -> str | None:
    cpuinfo = root / "proc/cpuinfo"
    part = _field(cpuinfo, "CPU part")
    return _ARM_PARTS.get(part, f"Arm part {part}") if part else _field(cpuinfo, "model name", "Model")


def _os_name(root: Path) -> str:
    for line in (read_text(root / "etc/os-release") or "").splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.partition("=")[2].strip('"')
    return platform.system()
