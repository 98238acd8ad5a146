"""Whether this machine can build pibench; run by the Makefile before there is anything else.

Needs only the standard library. Ends with code 2 and one sentence per thing that is missing.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

OLDEST, NEWEST = (3, 10), (3, 14)


def problems(
    version: tuple[int, int] = sys.version_info[:2],
    has_module: Callable[[str], bool] = lambda name: importlib.util.find_spec(name) is not None,
    headers: Path = Path(sysconfig.get_paths()["include"], "Python.h"),
    which: Callable[[str], str | None] = shutil.which,
) -> list[str]:
    """What is missing, each with the command that supplies it on Debian."""
    python = f"python{version[0]}.{version[1]}"
    found = []
    if not OLDEST <= version <= NEWEST:
        found.append(
            f"pibench needs Python {_dotted(OLDEST)} to {_dotted(NEWEST)}, this is {_dotted(version)}:"
            " choose another with `make PYTHON=python3.11`"
        )
    if not (has_module("venv") and has_module("ensurepip")):
        found.append(f"Python's venv module is missing: sudo apt install {python}-venv")
    if not headers.exists():
        found.append(f"Python's C headers are missing: sudo apt install {python}-dev")
    if not any(map(which, ("c++", "g++", "clang++"))):
        found.append("a C++ compiler is missing: sudo apt install g++")
    return found


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))


if __name__ == "__main__":
    missing = problems()
    for sentence in missing:
        print(f"pibench: {sentence}", file=sys.stderr)
    sys.exit(2 if missing else 0)
