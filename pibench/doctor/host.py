"""The machine as the knobs see it: files below a root, and programs."""

from __future__ import annotations

import os
import platform
import re
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pibench.device.files import numbered, read_number, read_text
from pibench.device.runner import Runner, SystemRunner


@dataclass(frozen=True, kw_only=True)
class Host:
    """Paths are relative to the root and written without a leading slash."""

    root: Path
    runner: Runner
    machine: str
    pointer_bits: int
    wait: Callable[[float], None] = time.sleep

    @property
    def may_change(self) -> bool:
        """Root may; a fake root belongs to whoever made it."""
        return os.geteuid() == 0 or self.root != Path("/")

    @property
    def board(self) -> str | None:
        """What the firmware calls this board."""
        return self.text("sys/firmware/devicetree/base/model")

    @property
    def is_raspberry_pi(self) -> bool:
        return "Raspberry Pi" in (self.board or "")

    def exists(self, path: str) -> bool:
        return (self.root / path).exists()

    def paths(self, pattern: str) -> list[str]:
        """What matches a pattern, policy2 before policy10."""
        return [str(path.relative_to(self.root)) for path in numbered(self.root, pattern)]

    def raw(self, path: str) -> bytes | None:
        try:
            return (self.root / path).read_bytes()
        except OSError:
            return None

    def text(self, path: str) -> str | None:
        """A file's text; None if it is missing, unreadable or empty."""
        return read_text(self.root / path)

    def number(self, path: str) -> int | None:
        """A file's whole number; None for anything else."""
        return read_number(self.root / path)

    def setting(self, path: str) -> str | None:
        """A file's text, or the bracketed word where a file lists its choices: ``always [madvise] never``."""
        text = self.text(path)
        chosen = re.search(r"\[([^\]\s]+)\]", text or "")
        return chosen[1] if chosen else text

    def write(self, path: str, value: str) -> None:
        """Never creates a file: a setting that is not there cannot be set."""
        descriptor = os.open(self.root / path, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)
        try:
            os.write(descriptor, value.encode())
        finally:
            os.close(descriptor)

    def processes(self) -> set[str] | None:
        """Names of all processes (their first 15 letters); None where others' processes are hidden."""
        if self.text("proc/1/comm") is None:
            return None
        return {name for path in self.paths("proc/[0-9]*/comm") if (name := self.text(path))}

    def unread(self, path: str) -> str:
        """Why a file told nothing."""
        file = self.root / path
        if not file.exists():
            return f"this kernel has no /{path}"
        return f"/{path} is not readable" if self.raw(path) is None else f"/{path} makes no sense"


def this_host(root: Path = Path("/")) -> Host:
    """The machine this process runs on, seen from a root directory."""
    return Host(
        root=root,
        runner=SystemRunner(root),
        machine=platform.machine(),
        pointer_bits=struct.calcsize("P") * 8,
    )
