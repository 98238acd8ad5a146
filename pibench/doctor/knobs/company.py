"""Who else is on the machine: programs, services, a desktop, other virtual machines."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pibench.doctor.change import Change, CommandChange
from pibench.doctor.host import Host
from pibench.doctor.knob import Finding, Knob

_OBSERVE_S = 0.5
# As in the report's doubts.
_BUSY_CORES = 0.3
_HIDDEN = "the processes of others are hidden"
_DISPLAY_SERVERS = {
    "Xorg", "X", "Xwayland", "labwc", "wayfire", "weston", "sway", "mutter", "gnome-shell", "kwin_wayland", "kwin_x11",
    "xfwm4", "lxsession",
}  # fmt: skip


class OtherWork(Knob):
    """Cores kept busy by others while nothing is measured."""

    name = "other_work"
    title = "other work"
    why = "Whatever else runs takes cores, caches and memory bandwidth from the measurement, and heats the board."

    def read(self, host: Host) -> Finding:
        before = _jiffies(host)
        host.wait(_OBSERVE_S)
        after = _jiffies(host)
        if before is None or after is None or (total := sum(after) - sum(before)) <= 0:
            return self.unknown("/proc/stat does not tell")
        # user, nice, system, irq and softirq: not idle, not waiting for I/O, not stolen
        busy = sum(after[field] - before[field] for field in (0, 1, 2, 5, 6))
        cores = len(re.findall(r"^cpu\d+ ", host.text("proc/stat") or "", re.MULTILINE))
        busy_cores = busy / total * cores
        now = f"{busy_cores:.1f} of {cores} cores busy"
        return self.disturbs(now, "Stop it: `top` shows what it is.") if busy_cores > _BUSY_CORES else self.fine(now)


def _jiffies(host: Host) -> list[int] | None:
    """Time of all cores together: user, nice, system, idle, iowait, irq, softirq, steal."""
    label, *words = (host.text("proc/stat") or "cpu").split("\n")[0].split()
    fields = words[:8]
    if label != "cpu" or len(fields) < 8 or not all(word.isdecimal() for word in fields):
        return None
    return [int(word) for word in fields]


class VirtualMachine(Knob):
    """Whether the cores are real."""

    name = "virtual_machine"
    title = "virtual machine"
    why = "The host gives the cores to others whenever it likes, and no setting in here can stop it."

    def read(self, host: Host) -> Finding:
        kind = _virtual_machine(host)
        if kind is None:
            return self.unknown("the machine does not tell")
        if not kind:
            return self.fine("no")
        return self.disturbs(f"{kind}{_stolen(host)}", "Stolen time cannot be tuned away: measure on the bare board.")


def _virtual_machine(host: Host) -> str | None:
    """Its kind, empty on bare metal, None if nothing tells."""
    done = host.runner.run("systemd-detect-virt", "--vm")
    kind = done.output if done and done.output.isidentifier() else None
    if kind and kind != "none":
        return kind
    if _has_hypervisor_flag(host) or host.exists("sys/firmware/devicetree/base/hypervisor"):
        return "yes"
    is_x86 = "vendor_id" in (host.text("proc/cpuinfo") or "")
    return "" if kind == "none" or is_x86 or host.is_raspberry_pi else None


def _has_hypervisor_flag(host: Host) -> bool:
    lines = (host.text("proc/cpuinfo") or "").splitlines()
    return any(line.startswith("flags") and "hypervisor" in line.split() for line in lines)


def _stolen(host: Host) -> str:
    jiffies = _jiffies(host)
    return f", {jiffies[7] / sum(jiffies):.1%} stolen so far" if jiffies and sum(jiffies) else ""


class Container(Knob):
    """Whether this is a container, and whose."""

    name = "container"
    title = "container"
    why = "A container times like its host, but other containers' work and some settings are out of its sight."

    def read(self, host: Host) -> Finding:
        done = host.runner.run("systemd-detect-virt", "--container")
        kind = done.output if done and done.output.isidentifier() else None
        if kind and kind != "none":
            return self.information(kind)
        if host.exists(".dockerenv"):
            return self.information("docker")
        if host.exists("run/.containerenv"):
            return self.information("podman")
        return self.fine("none seen")


class IrqBalance(Knob):
    """The daemon that spreads interrupts."""

    name = "irqbalance"
    title = "irqbalance"
    why = "The daemon moves interrupts between cores, also onto the measured one."

    def read(self, host: Host) -> Finding:
        processes = host.processes()
        if processes is None:
            return self.unknown(_HIDDEN)
        return self.disturbs_tunably(host, "running") if "irqbalance" in processes else self.fine("not running")

    def changes(self, host: Host) -> Sequence[Change]:
        if "irqbalance" not in (host.processes() or ()):
            return []
        return [CommandChange(("systemctl", "stop", "irqbalance"), ("systemctl", "start", "irqbalance"))]


class Desktop(Knob):
    """Display servers and compositors."""

    name = "desktop"
    title = "desktop"
    why = "A desktop draws, wakes up and uses memory bandwidth whenever it likes, screen on or off."

    def read(self, host: Host) -> Finding:
        processes = host.processes()
        if processes is None:
            return self.unknown(_HIDDEN)
        if not (servers := sorted(processes & _DISPLAY_SERVERS)):
            return self.fine("none running")
        return self.disturbs(
            ", ".join(servers),
            "--tune leaves it: it would close the programs in that session unsaved.",
            ["sudo systemctl isolate multi-user.target"],
            ["sudo systemctl isolate graphical.target"],
        )
