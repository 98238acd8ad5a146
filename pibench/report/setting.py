"""What figures depend on besides subject and condition, as facts that two reports can be held against. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from pibench.device import Device
from pibench.report.model import Protocol
from pibench.report.report import Report
from pibench.report.samples import Struct

Aspect = Literal["device", "system", "runtime", "protocol"]
ASPECTS: tuple[Aspect, ...] = get_args(Aspect)
Facts = Mapping[str, str]


class Difference(Struct, frozen=True, kw_only=True):
    """A fact that is not the same in two reports."""

    aspect: Aspect
    name: str
    base: str
    new: str

    def __str__(self) -> str:
        return f"{self.name}: {self.base} → {self.new}"


def setting(report: Report) -> dict[Aspect, Facts]:
    """All facts by aspect; "unknown" is one too.

    Left out is what varies from moment to moment (clock, heat, load), what concerns only how precise a
    figure is (numbers of processes and samples), and pibench's own version.
    """
    return {
        "device": _device(report.device),
        "system": _system(report.device),
        "runtime": {runtime.name: runtime.version for runtime in report.runtimes},
        "protocol": _protocol(report.protocol),
    }


def differences(base: Report, new: Report) -> list[Difference]:
    """What is known of both and differs. A runtime that only one of them used is no difference."""
    of_base, of_new = setting(base), setting(new)
    return [
        Difference(aspect=aspect, name=name, base=value, new=of_new[aspect][name])
        for aspect in ASPECTS
        for name, value in of_base[aspect].items()
        if of_new[aspect].get(name, value) != value
    ]


def _device(device: Device) -> Facts:
    maximum_khz = device.maximum_frequency_khz
    return {
        "board": device.board or "unknown",
        "CPU": device.cpu_model or "unknown",
        "architecture": device.architecture,
        "cores": str(device.cores),
        "memory": _nominal_memory(device.memory_bytes),
        "highest clock": f"{maximum_khz / 1e6:g} GHz" if maximum_khz else "unknown",
    }


def _nominal_memory(memory_bytes: int) -> str:
    """What the board is sold with: the kernel keeps a part, another one with each version."""
    gibibytes: float = 2.0 ** ((max(memory_bytes, 1) - 1).bit_length() - 30)
    return f"up to {gibibytes:g} GiB"


def _system(device: Device) -> Facts:
    return {
        "OS": f"{device.os_bits}-bit {device.os}",
        "kernel": device.kernel,
        "governor": device.governor or "unknown",
        "usable cores": str(device.usable_cores),
    }


def _protocol(protocol: Protocol) -> Facts:
    return {
        "statistic": protocol.statistic,
        "networks": "in the same processes" if protocol.interleaved else "each in its own processes",
        "pace": f"every {protocol.period_ns / 1e6:g} ms" if protocol.period_ns else "back to back",
        "real-time priority": _yes(protocol.realtime),
        "locked memory": _yes(protocol.lock_memory),
    }


def _yes(value: bool) -> str:
    return "yes" if value else "no"
