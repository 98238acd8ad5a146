"""Memory that moves: swap, huge pages, random addresses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from pibench.doctor.change import Change, CommandChange, FileChange
from pibench.doctor.host import Host
from pibench.doctor.knob import Finding, Knob

_SWAPS = "proc/swaps"
_SWAPPINESS = "proc/sys/vm/swappiness"
_HUGE_PAGES = "sys/kernel/mm/transparent_hugepage/enabled"
# Below this the kernel swaps only when memory is short.
_MOST_SWAPPINESS = 10
# What must stay free once everything is back from swap.
_SPARE_KIB = 64 * 1024
_KIB_PER_MIB = 1024


class _Swap(NamedTuple):
    path: str
    size_kib: int
    used_kib: int
    priority: int


def _swaps(host: Host) -> list[_Swap] | None:
    """The swap areas in use; None if the kernel does not tell."""
    header, *lines = (host.text(_SWAPS) or "").splitlines() or [""]
    if not header.startswith("Filename"):
        return None
    found = []
    for line in lines:
        words = line.split()
        try:
            found.append(_Swap(_unescaped(words[0]), int(words[2]), int(words[3]), int(words[4])))
        except (IndexError, ValueError):
            return None
    return found


def _unescaped(path: str) -> str:
    """The kernel writes a blank in a path as \\040."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), path)


class SwapInUse(Knob):
    """Memory that is out on disk, a card, or in zram."""

    name = "swap"
    title = "swap in use"
    why = "A page of the model that was swapped out is read back, or unpacked from zram, in the middle of an inference."

    def read(self, host: Host) -> Finding:
        swaps = _swaps(host)
        if swaps is None:
            return self.unknown(host.unread(_SWAPS))
        now = ", ".join(f"{s.path} {_mib(s.used_kib)} of {_mib(s.size_kib)} MiB" for s in swaps)
        if not any(swap.used_kib for swap in swaps):
            return self.fine(now or "no swap")
        short = None if self.changes(host) else "There is too little free memory to switch it off: end other programs."
        return self.disturbs_tunably(host, now, short)

    def changes(self, host: Host) -> Sequence[Change]:
        swaps = [swap for swap in _swaps(host) or [] if swap.used_kib]
        available = re.search(r"^MemAvailable:\s+(\d+) kB$", host.text("proc/meminfo") or "", re.MULTILINE)
        if available is None or int(available[1]) < sum(swap.used_kib for swap in swaps) + _SPARE_KIB:
            return []
        return [CommandChange(("swapoff", swap.path), _swapon(swap)) for swap in swaps]


def _swapon(swap: _Swap) -> tuple[str, ...]:
    # A negative priority is the kernel's own choice and cannot be asked for.
    priority = ("-p", str(swap.priority)) if swap.priority >= 0 else ()
    return ("swapon", *priority, swap.path)


def _mib(kib: int) -> str:
    return f"{kib / _KIB_PER_MIB:.0f}"


class Swappiness(Knob):
    """How eagerly the kernel swaps."""

    name = "swappiness"
    title = "swappiness"
    why = "The higher it is, the sooner the kernel swaps out a model that waits, although memory is free."

    def read(self, host: Host) -> Finding:
        value, swaps = host.number(_SWAPPINESS), _swaps(host)
        if value is None:
            return self.unknown(host.unread(_SWAPPINESS))
        if swaps is None:
            return self.unknown("whether there is swap is not told", str(value))
        if not swaps:
            return self.fine(str(value), "No swap that it could use.")
        return self.disturbs_tunably(host, str(value)) if value > _MOST_SWAPPINESS else self.fine(str(value))

    def changes(self, host: Host) -> Sequence[Change]:
        value = host.number(_SWAPPINESS)
        needed = value is not None and value > _MOST_SWAPPINESS and _swaps(host)
        return [FileChange(_SWAPPINESS, str(value), "1")] if needed else []


class HugePages(Knob):
    """Transparent huge pages."""

    name = "huge_pages"
    title = "huge pages"
    why = "With 'always' the kernel gathers pages into huge ones in the background, at different times in each process."

    def read(self, host: Host) -> Finding:
        now = host.setting(_HUGE_PAGES)
        if now in ("madvise", "never"):
            return self.fine(now)
        return self.disturbs_tunably(host, now) if now == "always" else self.unknown(host.unread(_HUGE_PAGES))

    def changes(self, host: Host) -> Sequence[Change]:
        return [FileChange(_HUGE_PAGES, "always", "madvise")] if host.setting(_HUGE_PAGES) == "always" else []


class AddressRandomisation(Knob):
    """Address space layout randomisation."""

    name = "address_randomisation"
    title = "random addresses"
    why = "Each process lies elsewhere in memory and so has its own speed; pibench's fresh processes average over that."

    def read(self, host: Host) -> Finding:
        path = "proc/sys/kernel/randomize_va_space"
        value = host.number(path)
        if value not in (0, 1, 2):
            return self.unknown(host.unread(path))
        if value == 0:
            return self.information("off", "All processes share one placement: figures repeat, but for it alone.")
        return self.information(
            "on",
            change=["sudo sysctl kernel.randomize_va_space=0"],
            undo=[f"sudo sysctl kernel.randomize_va_space={value}"],
        )
