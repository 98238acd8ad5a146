"""Memory of this process and of the machine."""

from __future__ import annotations

import ctypes
from pathlib import Path

KIB = 1024
_RESET_PEAK = "5"


def peak_memory_bytes(status: Path = Path("/proc/self/status")) -> int:
    """The most resident memory so far, or since the last ``restart_peak_memory``, in bytes.

    From VmHWM, which starts anew with each program; getrusage's ru_maxrss is inherited from
    the parent across fork and exec.
    """
    for line in status.read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * KIB
    return 0


def restart_peak_memory(clear_refs: Path = Path("/proc/self/clear_refs")) -> bool:
    """Let the peak start anew from what is in use now; False where the kernel does not permit it."""
    # What a model freed would otherwise serve the next one, whose own figure would then be near zero.
    _return_freed_memory()
    try:
        clear_refs.write_text(_RESET_PEAK)
    except OSError:
        return False
    return True


def _return_freed_memory() -> None:
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's; musl has none
    if trim is not None:
        trim(0)


def available_memory_bytes() -> int:
    """What programs may still take before the system swaps or kills."""
    import psutil

    available: int = psutil.virtual_memory().available
    return available
