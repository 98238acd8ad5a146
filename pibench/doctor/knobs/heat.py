"""Temperature and mains."""

from __future__ import annotations

import re

from pibench.device import read_temperature_c
from pibench.device.plausible import believed
from pibench.doctor.host import Host
from pibench.doctor.knob import Finding, Knob

# An inference loop heats a board by more than this within a minute.
_MARGIN_C = 10.0
# The firmware's documented limits: it starts to throttle at 80 °C, on the 3A+ and 3B+ already at 60 °C.
_PI_LIMIT_C, _PI_PLUS_LIMIT_C = 80.0, 60.0
_PI_PLUS = re.compile(r"Raspberry Pi 3 Model [AB] Plus")


class Temperature(Knob):
    """The hottest sensor against the limit at which throttling begins."""

    name = "temperature"
    title = "temperature"
    why = "Near the limit the clock is lowered in the middle of a measurement."

    def read(self, host: Host) -> Finding:
        temperature_c = read_temperature_c(host.root)
        if temperature_c is None:
            return self.unknown("no readable sensor")
        limit_c = _limit_c(host)
        if limit_c is None:
            return self.unknown("where throttling begins is not told", f"{temperature_c:.0f} °C")
        now = f"{temperature_c:.0f} °C, limit {limit_c:.0f} °C"
        if temperature_c > limit_c - _MARGIN_C:
            return self.disturbs(now, f"Let it cool to {limit_c - _MARGIN_C:.0f} °C; a heat sink or a fan helps.")
        return self.fine(now)


def _celsius(host: Host, path: str) -> float | None:
    return believed("temperature_c", host.number(path))


def _limit_c(host: Host) -> float | None:
    limits = [
        _celsius(host, path.removesuffix("type") + "temp")
        for path in host.paths("sys/class/thermal/thermal_zone*/trip_point_*_type")
        if host.text(path) == "passive"
    ]
    if host.is_raspberry_pi:
        limits.append(_PI_PLUS_LIMIT_C if _PI_PLUS.search(host.board or "") else _PI_LIMIT_C)
        limits.append(_soft_limit_c(host))
    return min((limit for limit in limits if limit is not None), default=None)


def _soft_limit_c(host: Host) -> float | None:
    """The limit from config.txt, which may be set lower."""
    done = host.runner.run("vcgencmd", "get_config", "temp_soft_limit")
    match = re.fullmatch(r"temp_soft_limit=(\d{2,3})", done.output) if done else None
    return float(match[1]) if match else None


class Battery(Knob):
    """Whether the machine runs on its battery."""

    name = "mains"
    title = "mains"
    why = "On its battery a machine saves power, whatever the governor says."

    def available(self, host: Host) -> bool:
        return bool(host.paths("sys/class/power_supply/*/online"))

    def read(self, host: Host) -> Finding:
        online = [
            host.text(f"{folder}/online")
            for folder in host.paths("sys/class/power_supply/*")
            if host.text(f"{folder}/type") in ("Mains", "USB")
        ]
        if "1" in online:
            return self.fine("plugged in")
        if "0" in online:
            return self.disturbs("on battery", "Plug the machine in.")
        return self.unknown("no supply tells whether it is plugged in")
