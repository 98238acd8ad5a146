"""Which cores there are to measure on."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable
from pathlib import Path

from pibench.device.files import read_text
from pibench.errors import PibenchError

_RANGE = re.compile(r"(\d{1,4})(?:-(\d{1,4}))?")
_CPUS = "sys/devices/system/cpu"


def parse_cpus(text: str) -> tuple[int, ...]:
    """The cores of a list as the kernel writes it: "0-2,5" is (0, 1, 2, 5), and nothing is ().

    Raises PibenchError for anything else.
    """
    cpus: set[int] = set()
    for part in text.split(",") if text else ():
        match = _RANGE.fullmatch(part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if first > last:
            raise PibenchError(f"{text!r} is not a list of cores; one looks like 0-2,5.")
        cpus.update(range(first, last + 1))
    return tuple(sorted(cpus))


def cpus_from(text: str) -> tuple[int, ...]:
    """The cores that somebody names, in that order: "3,0-1" is (3, 0, 1).

    Raises PibenchError for none and for anything else.
    """
    cpus = tuple(dict.fromkeys(cpu for part in text.split(",") for cpu in parse_cpus(part.strip())))
    if not cpus:
        raise PibenchError(f"{text!r} is not a list of cores; one looks like 0-2,5.")
    return cpus


def format_cpus(cpus: Iterable[int]) -> str:
    """A list of cores as the kernel writes it: "0-2,5"."""
    ranges: list[list[int]] = []
    for cpu in sorted(set(cpus)):
        if ranges and cpu == ranges[-1][1] + 1:
            ranges[-1][1] = cpu
        else:
            ranges.append([cpu, cpu])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)


def isolated_cpus(root: Path = Path("/")) -> tuple[int, ...]:
    """The cores that the scheduler leaves alone (isolcpus), none where the kernel does not tell."""
    return _listed(root, "isolated")


def allowed_cpus(root: Path = Path("/")) -> tuple[int, ...]:
    """The cores this process may use, isolated ones among them unless it was kept from them on purpose."""
    mine = os.sched_getaffinity(0)
    isolated = set(isolated_cpus(root))
    # The kernel starts every process off the isolated cores; a narrower choice is somebody's wish.
    if isolated and mine == set(_listed(root, "online")) - isolated:
        return tuple(sorted(mine | _granted(isolated, mine)))
    return tuple(sorted(mine))


def choose_cpus(threads: int, allowed: Collection[int], isolated: Collection[int] = ()) -> tuple[int, ...]:
    """A core for each thread: isolated ones first, then the highest; core 0, which most interrupts go to, last.

    Raises PibenchError when there are fewer cores than threads.
    """
    if threads > len(allowed):
        cores = "1 core" if len(allowed) == 1 else f"{len(allowed)} cores"
        raise PibenchError(f"{threads} threads need a core each, but only {cores} may be used here.")
    ranked = sorted(allowed, key=lambda cpu: (cpu == 0, cpu not in isolated, -cpu))
    return tuple(sorted(ranked[:threads]))


def _listed(root: Path, name: str) -> tuple[int, ...]:
    try:
        return parse_cpus(read_text(root / _CPUS / name) or "")
    except PibenchError:
        return ()


def _granted(cpus: set[int], mine: set[int]) -> set[int]:
    """Those of the cores that this process' control group has: only trying tells."""
    try:
        os.sched_setaffinity(0, cpus)
        return os.sched_getaffinity(0)
    except OSError:
        return set()
    finally:
        os.sched_setaffinity(0, mine)
