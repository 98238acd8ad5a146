"""What the kernel offers to measure with: counters, a clock, a userland of its own width."""

from __future__ import annotations

from pibench.doctor.host import Host
from pibench.doctor.knob import Finding, Knob

# From here on (Debian's own levels) a user may not even count in his own programs.
_MOST_PARANOID = 2
# Those that the C library reads without a system call.
_FAST_CLOCK_SOURCES = ("tsc", "arch_sys_counter")
_64_BIT_MACHINES = ("aarch64", "arm64", "x86_64", "amd64")


class PerfParanoid(Knob):
    """Who may count cycles and cache misses."""

    name = "perf_event_paranoid"
    title = "counters"
    why = "Above 2 only root may count cycles and cache misses; timing itself is not concerned."

    def read(self, host: Host) -> Finding:
        path = "proc/sys/kernel/perf_event_paranoid"
        value = host.number(path)
        if value is None:
            return self.unknown(host.unread(path))
        if value <= _MOST_PARANOID:
            return self.fine(f"level {value}")
        return self.information(
            f"level {value}",
            change=[f"sudo sysctl kernel.perf_event_paranoid={_MOST_PARANOID}"],
            undo=[f"sudo sysctl kernel.perf_event_paranoid={value}"],
        )


class ClockSource(Knob):
    """What the kernel reads the time from."""

    name = "clock_source"
    title = "clock source"
    why = "Any clock but the core's own counter costs a system call, or an emulated one, for each reading."

    def read(self, host: Host) -> Finding:
        folder = "sys/devices/system/clocksource/clocksource0"
        now = host.text(f"{folder}/current_clocksource")
        if now is None:
            return self.unknown(host.unread(f"{folder}/current_clocksource"))
        if now in _FAST_CLOCK_SOURCES:
            return self.fine(now)
        offered = (host.text(f"{folder}/available_clocksource") or "").split()
        better = next((source for source in _FAST_CLOCK_SOURCES if source in offered), None)
        if better is None:
            return self.disturbs(now, "The kernel offers no better one.")
        return self.disturbs(
            now,
            "--tune leaves it: the kernel may have had its reasons, and the whole machine lives by this clock.",
            [f"echo {better} | sudo tee /{folder}/current_clocksource"],
            [f"echo {now} | sudo tee /{folder}/current_clocksource"],
        )


class Userland(Knob):
    """32-bit programs on a 64-bit kernel."""

    name = "userland"
    title = "userland"
    why = "32-bit code on a 64-bit kernel is timed as 32-bit code, and counters may not open there (linux #3508)."

    def read(self, host: Host) -> Finding:
        now = f"{host.pointer_bits}-bit on {host.machine}"
        if host.pointer_bits == 32 and host.machine in _64_BIT_MACHINES:
            return self.information(now, "A 64-bit system image is a different platform with other figures.")
        return self.fine(now)
