"""Other programs, behind an interface small enough to fake."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple, Protocol

# The caller's PATH is not asked: under sudo it lacks vcgencmd, and root should not run what it names.
_FOLDERS = ("usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin", "sbin", "bin", "opt/vc/bin")
_MOST_OUTPUT = 10_000


class Completed(NamedTuple):
    """How a program ended; ``code`` is None if it did not end in time."""

    code: int | None
    output: str


class Runner(Protocol):
    """Runs a program by its bare name; None where it is not installed or cannot be started."""

    def run(self, *arguments: str, timeout_s: float = 5) -> Completed | None: ...


class SystemRunner:
    """Runs the programs installed below a root, so that a fake root never reaches the real machine."""

    def __init__(self, root: Path) -> None:
        self._path = os.pathsep.join(str(root / folder) for folder in _FOLDERS)

    def run(self, *arguments: str, timeout_s: float = 5) -> Completed | None:
        program = shutil.which(arguments[0], path=self._path)
        if program is None:
            return None
        try:
            done = subprocess.run(
                [program, *arguments[1:]],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**os.environ, "LC_ALL": "C"},
                timeout=timeout_s,
                start_new_session=True,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Completed(None, f"no answer within {timeout_s:g} s")
        except OSError:
            return None
        return Completed(done.returncode, done.stdout[:_MOST_OUTPUT].decode(errors="replace").strip())
