"""What decides the cores' clock: governor, limits, boost."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pibench.doctor.change import Change, FileChange
from pibench.doctor.host import Host
from pibench.doctor.knob import Finding, Knob
from pibench.doctor.knobs.cpufreq import NO_CPUFREQ, distinct, limits, mhz, policies

_WANTED = "performance"
_GOVERNOR_NAME = re.compile(r"[a-z_]{2,15}")
# scaling_cur_freq is rounded to what the firmware's PLL can do.
_AT_FULL_CLOCK = 0.95
# raspberrypi/linux #6016: a CM4's timer lost time from 300 MHz down, a Pi 4's from 200 MHz, a Pi 5's not at all.
_TIMER_SAFE_KHZ = 300_000
_BCM2711_BOARDS = ("Raspberry Pi 4", "Compute Module 4")


class Governor(Knob):
    """How the kernel chooses the clock, per group of cores."""

    name = "governor"
    title = "CPU governor"
    why = "Any governor but performance lowers the clock between inferences and raises it too late."

    def read(self, host: Host) -> Finding:
        governors = _governors(host)
        if not governors:
            return self.unknown(NO_CPUFREQ)
        varying = [name for policy, name in governors.items() if name and _varies(host, policy)]
        if others := [name for name in varying if name != _WANTED]:
            return self.disturbs_tunably(host, distinct(others))
        if None in governors.values():
            path = next(f"{policy}/scaling_governor" for policy, name in governors.items() if name is None)
            return self.unknown(host.unread(path))
        now = distinct([name or "" for name in governors.values()])
        if slow := _slow_although_performance(host, governors):
            note = (
                f"The clock is at {slow} all the same: throttled, or raspberrypi/firmware #1469, where the governor"
                " has no effect until it is written again."
            )
            return self.disturbs_tunably(host, now, note)
        return self.fine(now, None if now == _WANTED else "The limits hold the clock at one frequency.")

    def changes(self, host: Host) -> Sequence[Change]:
        governors = _governors(host)
        rewrite = _slow_although_performance(host, governors) is not None
        return [
            change
            for policy, name in governors.items()
            if name is not None and _offers(host, policy) and _varies(host, policy) and (name != _WANTED or rewrite)
            for change in (*_kept_speed(host, policy, name), FileChange(f"{policy}/scaling_governor", name, _WANTED))
        ]


def _governors(host: Host) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for policy in policies(host):
        name = host.text(f"{policy}/scaling_governor")
        found[policy] = name if name and _GOVERNOR_NAME.fullmatch(name) else None
    return found


def _offers(host: Host, policy: str) -> bool:
    offered = host.text(f"{policy}/scaling_available_governors")
    return offered is None or _WANTED in offered.split()


def _kept_speed(host: Host, policy: str, governor: str) -> Sequence[Change]:
    """The userspace governor forgets its speed when it is left; undoing this change sets it again."""
    speed = host.number(f"{policy}/scaling_setspeed") if governor == "userspace" else None
    return [FileChange(f"{policy}/scaling_setspeed", str(speed), str(speed))] if speed else []


def _varies(host: Host, policy: str) -> bool:
    bounds = limits(host, policy)
    return bounds is None or not bounds.is_fixed


def _slow_although_performance(host: Host, governors: dict[str, str | None]) -> str | None:
    """Only on a Raspberry Pi: elsewhere an idle core may rightly show a low clock."""
    if not host.is_raspberry_pi:
        return None
    for policy, name in governors.items():
        clock, bounds = host.number(f"{policy}/scaling_cur_freq"), limits(host, policy)
        if name == _WANTED and clock and bounds and clock < _AT_FULL_CLOCK * bounds.high_khz:
            return f"{mhz(clock)} of {mhz(bounds.high_khz)} MHz"
    return None


class FrequencyLimits(Knob):
    """The clocks that the governor may choose from."""

    name = "frequency_limits"
    title = "frequency limits"
    why = "A maximum below the hardware's gives figures that no other board of the kind will show."

    def read(self, host: Host) -> Finding:
        found = {policy: limits(host, policy) for policy in policies(host)}
        if not found:
            return self.unknown(NO_CPUFREQ)
        known = [bounds for bounds in found.values() if bounds is not None]
        now = distinct([f"{mhz(b.low_khz)}–{mhz(b.high_khz)} of {mhz(b.highest_khz)} MHz" for b in known])
        if any(b.high_khz < b.highest_khz and not b.is_fixed for b in known):
            return self.disturbs_tunably(host, now)
        if len(known) < len(found):
            return self.unknown("a policy does not tell its limits", now or "unknown")
        if any(b.high_khz < b.highest_khz for b in known):
            return self.information(now, "Held at one clock: steady, but not the board's full speed.")
        return self.fine(now)

    def changes(self, host: Host) -> Sequence[Change]:
        return [
            FileChange(f"{policy}/scaling_max_freq", str(b.high_khz), str(b.highest_khz))
            for policy in policies(host)
            if (b := limits(host, policy)) and b.high_khz < b.highest_khz and not b.is_fixed
        ]


class LowClock(Knob):
    """The lowest clock a BCM2711 may fall to."""

    name = "low_clock"
    title = "clock floor"
    why = "On a BCM2711 the timer itself runs slow at 300 MHz and below, so that every figure is wrong (linux #6016)."

    def available(self, host: Host) -> bool:
        return any(name in (host.board or "") for name in _BCM2711_BOARDS)

    def read(self, host: Host) -> Finding:
        bounds = [limits(host, policy) for policy in policies(host)]
        if not bounds or None in bounds:
            return self.unknown("cpufreq does not tell the limits")
        floor_khz = min(b.low_khz for b in bounds if b)
        now = f"{mhz(floor_khz)} MHz"
        return self.disturbs_tunably(host, now) if floor_khz <= _TIMER_SAFE_KHZ else self.fine(now)

    def changes(self, host: Host) -> Sequence[Change]:
        return [change for policy in policies(host) if (change := _raised_floor(host, policy))]


def _raised_floor(host: Host, policy: str) -> Change | None:
    bounds = limits(host, policy)
    if bounds is None or bounds.low_khz > _TIMER_SAFE_KHZ:
        return None
    listed = (host.text(f"{policy}/scaling_available_frequencies") or "").split()
    choices = [int(word) for word in listed if word.isdecimal() and _TIMER_SAFE_KHZ < int(word) <= bounds.high_khz]
    if not choices:
        return None
    return FileChange(f"{policy}/scaling_min_freq", str(bounds.low_khz), str(min(choices)))


class _Boost(Knob):
    why = "Boost clocks depend on heat and on what the other cores do, so the same code takes different times."
    path: str
    on: str
    off: str

    def available(self, host: Host) -> bool:
        return host.exists(self.path)

    def read(self, host: Host) -> Finding:
        value = host.text(self.path)
        if value == self.off:
            return self.fine("off")
        return self.disturbs_tunably(host, "on") if value == self.on else self.unknown(host.unread(self.path))

    def changes(self, host: Host) -> Sequence[Change]:
        return [FileChange(self.path, self.on, self.off)] if host.text(self.path) == self.on else []


class IntelTurbo(_Boost):
    """Turbo under the intel_pstate driver."""

    name = "intel_turbo"
    title = "Intel turbo"
    path = "sys/devices/system/cpu/intel_pstate/no_turbo"
    on, off = "0", "1"


class CpufreqBoost(_Boost):
    """Boost under the other cpufreq drivers."""

    name = "cpufreq_boost"
    title = "CPU boost"
    path = "sys/devices/system/cpu/cpufreq/boost"
    on, off = "1", "0"
