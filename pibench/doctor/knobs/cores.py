"""Who gets which core, and how much of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from pibench.device.cpus import parse_cpus
from pibench.doctor.host import Host
from pibench.doctor.knob import Finding, Knob
from pibench.errors import PibenchError

_UNLIMITED_RT = -1
_US_PER_S = 1_000_000


class SmtSiblings(Knob):
    """Hardware threads that share a core."""

    name = "smt"
    title = "SMT siblings"
    why = "Two hardware threads of one core share its units, so work on one slows the other."

    def read(self, host: Host) -> Finding:
        folder = "sys/devices/system/cpu/smt"
        active = host.text(f"{folder}/active")
        if active == "0":
            return self.fine("off or none")
        if active != "1":
            return self.unknown(host.unread(f"{folder}/active"))
        return self.disturbs(
            "on",
            "--tune leaves it: taking cores offline breaks other programs' pinning for good. Pinning to one thread of"
            " each core does as well.",
            [f"echo off | sudo tee /{folder}/control"],
            [f"echo on | sudo tee /{folder}/control"],
        )


class IsolatedCpus(Knob):
    """Cores that the scheduler leaves alone."""

    name = "isolated_cpus"
    title = "isolated cores"
    why = "Cores kept free of other tasks (isolcpus) and ticks (nohz_full) are the quietest to measure on."

    def read(self, host: Host) -> Finding:
        isolated, tickless = (_cpu_list(host, name) for name in ("isolated", "nohz_full"))
        if isolated is None:
            return self.unknown(host.unread("sys/devices/system/cpu/isolated"))
        if not isolated:
            return self.information("none", "The kernel's command line sets them: isolcpus=… nohz_full=…")
        return self.information(f"{isolated}; tickless {tickless or 'none'}")


def _cpu_list(host: Host, name: str) -> str | None:
    data = host.raw(f"sys/devices/system/cpu/{name}")
    if data is None:
        return None
    text = data.decode(errors="replace").strip()
    if text == "(null)":
        return ""
    try:
        parse_cpus(text)
    except PibenchError:
        return None
    return text


class CpuQuota(Knob):
    """A control group's share of the cores."""

    name = "cpu_quota"
    title = "CPU quota"
    why = "A control group that has used up its share stands still until the next period."

    def read(self, host: Host) -> Finding:
        groups = host.text("proc/self/cgroup")
        if groups is None:
            return self.unknown(host.unread("proc/self/cgroup"))
        quotas = [quota for folder in _cgroup_folders(groups) if (quota := _quota_cores(host, folder))]
        if not quotas:
            return self.fine("none")
        return self.disturbs(
            f"{min(quotas):g} cores", "Whoever started this container or service sets it (docker: --cpus)."
        )


def _cgroup_folders(groups: str) -> Iterator[PurePosixPath]:
    """Of this process' groups for the CPU, and of every group around them."""
    for line in groups.splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        mounts = ["sys/fs/cgroup", "sys/fs/cgroup/unified"] if number == "0" else []
        mounts += ["sys/fs/cgroup/cpu"] if "cpu" in controllers.split(",") else []
        inner = PurePosixPath(path.lstrip("/"))
        for mount in mounts:
            yield from (PurePosixPath(mount, folder) for folder in (inner, *inner.parents))


def _quota_cores(host: Host, folder: PurePosixPath) -> float | None:
    words = (host.text(f"{folder}/cpu.max") or "").split()
    if not words:
        words = [str(host.number(f"{folder}/cpu.cfs_{name}_us")) for name in ("quota", "period")]
    if len(words) != 2 or not all(word.isdecimal() for word in words) or int(words[1]) == 0:
        return None
    return int(words[0]) / int(words[1])


class RealTimeLimit(Knob):
    """How much of each period real-time programs may run."""

    name = "rt_runtime"
    title = "real-time limit"
    why = "A program under SCHED_FIFO is stopped for the rest of each period; others are not concerned."

    def read(self, host: Host) -> Finding:
        path = "proc/sys/kernel/sched_rt_runtime_us"
        runtime_us = host.number(path)
        period_us = host.number("proc/sys/kernel/sched_rt_period_us") or _US_PER_S
        if runtime_us is None:
            return self.unknown(host.unread(path))
        if runtime_us == _UNLIMITED_RT:
            return self.information("no limit")
        return self.information(
            f"{runtime_us / period_us:.0%} of the time",
            "--tune leaves it: without a limit, a real-time program that loops locks the machine up.",
            ["sudo sysctl kernel.sched_rt_runtime_us=-1"],
            [f"sudo sysctl kernel.sched_rt_runtime_us={runtime_us}"],
        )
