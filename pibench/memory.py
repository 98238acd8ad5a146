"""Resident memory of this process."""

from __future__ import annotations

from pathlib import Path

KIB = 1024


def peak_memory_bytes(status: Path = Path("/proc/self/status")) -> int:
    """The most resident memory so far, in bytes.

    From VmHWM, which starts anew with each program; getrusage's ru_maxrss is inherited from
    the parent across fork and exec.
    """
    for line in status.read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * KIB
    return 0
