"""Which sensors the board has, and what their raw readings mean."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from pibench.device.files import numbered, read_text
from pibench.device.firmware import MAILBOX, SYSFS_FLAGS, read_mailbox, read_sysfs_flags, voltage_alarms
from pibench.device.plausible import believed
from pibench.device.records import Channel, Quantity

# Kernel cooling devices that slow the cores down; fans are not among them.
_SLOWS_CORES = ("cpufreq-", "thermal-cpufreq", "cpu", "Processor")
_POLICIES = "sys/devices/system/cpu/cpufreq"
_THERMAL = "sys/class/thermal"


class Sensor(NamedTuple):
    """A file that tells one quantity as a whole number, and how it is written there."""

    name: str
    quantity: Quantity
    path: Path
    encoding: Literal["decimal", "hexadecimal", "mailbox"] = "decimal"


def find_sensors(root: Path = Path("/")) -> tuple[Sensor, ...]:
    """What can be read again and again while something is measured; nothing on most virtual machines."""
    return (*_temperatures(root), *_clocks(root), *_throttle_flags(root), *_alarms(root), *_cooling(root))


def as_channel(sensor: Sensor, raw: Iterable[int]) -> Channel:
    """A sensor's raw readings in the unit of its quantity, None for what is missing or cannot be."""
    return Channel(
        name=sensor.name, quantity=sensor.quantity, values=tuple(believed(sensor.quantity, value) for value in raw)
    )


def policies_of(cpus: Collection[int], root: Path = Path("/")) -> tuple[str, ...]:
    """The names of the clock channels that these cores follow."""
    wanted = set(map(str, cpus))
    return tuple(
        folder.name
        for folder in numbered(root / _POLICIES, "policy*")
        if wanted & set((read_text(folder / "related_cpus") or "").split())
    )


def _temperatures(root: Path) -> Iterator[Sensor]:
    for file in numbered(root / _THERMAL, "thermal_zone*/temp"):
        yield Sensor(_typed_name(file.parent), "temperature_c", file)


def _clocks(root: Path) -> Iterator[Sensor]:
    quantities: dict[str, Quantity] = {"scaling_cur_freq": "frequency_khz", "scaling_max_freq": "frequency_limit_khz"}
    for name, quantity in quantities.items():
        for file in numbered(root / _POLICIES, f"policy*/{name}"):
            yield Sensor(file.parent.name, quantity, file)


def _throttle_flags(root: Path) -> Iterator[Sensor]:
    if read_mailbox(root) is not None:
        yield Sensor("firmware", "throttle_flags", root / MAILBOX, "mailbox")
    elif read_sysfs_flags(root) is not None:
        yield Sensor("firmware", "throttle_flags", root / SYSFS_FLAGS, "hexadecimal")


def _alarms(root: Path) -> Iterator[Sensor]:
    for file in voltage_alarms(root):
        yield Sensor(_named(file.parent, "name"), "under_voltage", file)


def _cooling(root: Path) -> Iterator[Sensor]:
    for file in numbered(root / _THERMAL, "cooling_device*/cur_state"):
        if (read_text(file.parent / "type") or "").startswith(_SLOWS_CORES):
            yield Sensor(_typed_name(file.parent), "cooling", file)


def _typed_name(folder: Path) -> str:
    return _named(folder, "type")


def _named(folder: Path, file: str) -> str:
    """Several sensors may be of one type: the folder's name tells them apart."""
    return f"{folder.name} {read_text(folder / file) or ''}".strip()
