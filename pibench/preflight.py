"""Whether this machine can build pibench; run by the Makefile before there is anything else.

Needs only the standard library. Ends with code 2 and one sentence per thing that is missing.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import sysconfig
from collections.abc import Set
from pathlib import Path

OLDEST, NEWEST = (3, 10), (3, 13)


def problems(version: tuple[int, int], modules: Set[str], has_headers: bool, has_compiler: bool) -> list[str]:
    """What is missing, each with the command that supplies it on Debian."""
    python = f"python{version[0]}.{version[1]}"
    found = []
    if not OLDEST <= version <= NEWEST:
        found.append(
            f"pibench needs Python {_dotted(OLDEST)} to {_dotted(NEWEST)}, this is {_dotted(version)}:"
            " choose another with `make PYTHON=python3.11`"
        )
    if not {"venv", "ensurepip"} <= modules:
        found.append(f"Python's venv module is missing: sudo apt install {python}-venv")
    if not has_headers:
        found.append(f"Python's C headers are missing: sudo apt install {python}-dev")
    if not has_compiler:
        found.append("the C++ compiler is missing: sudo apt install g++")
    return found


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))


if __name__ == "__main__":
    # The one that setuptools will call.
    compiler = os.environ.get("CXX") or sysconfig.get_config_var("CXX") or "g++"
    missing = problems(
        sys.version_info[:2],
        {name for name in ("venv", "ensurepip") if importlib.util.find_spec(name)},
        has_headers=Path(sysconfig.get_paths()["include"], "Python.h").exists(),
        has_compiler=shutil.which(compiler.split()[0]) is not None,
    )
    for sentence in missing:
        print(f"pibench: {sentence}", file=sys.stderr)
    sys.exit(2 if missing else 0)
