"""Which runtimes are installed here, found without loading them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from pibench.errors import RuntimeMissingError, did_you_mean

RuntimeName = Literal["litert", "tflite"]
KernelMode = Literal["xnnpack", "builtin", "reference"]

RUNTIMES: tuple[RuntimeName, ...] = get_args(RuntimeName)
KERNEL_MODES: tuple[KernelMode, ...] = get_args(KernelMode)


class _Package(NamedTuple):
    distribution: str
    module: str
    library: str
    remedy: str


_PACKAGES: dict[RuntimeName, _Package] = {
    "litert": _Package(
        "ai-edge-litert", "ai_edge_litert", "libLiteRt.so", "pip install 'ai-edge-litert>=2.3' (64-bit systems only)"
    ),
    "tflite": _Package(
        "tflite-runtime",
        "tflite_runtime",
        "_pywrap_tensorflow_interpreter_wrapper.so",
        "pip install 'pibench[tflite]' (Python 3.11 or older)",
    ),
}


class RuntimeInfo(NamedTuple):
    """An installed runtime: its name here, its distribution, its shared library."""

    name: RuntimeName
    distribution: str
    library: Path

    @property
    def version(self) -> str:
        """The distribution's version."""
        # A worker has no use for it, and the import takes as long as a tenth of its start.
        from importlib.metadata import version

        return version(self.distribution)


def find_runtime(name: str) -> RuntimeInfo:
    """Where a runtime is installed. Raises RuntimeMissingError when it is not."""
    if name not in _PACKAGES:
        raise RuntimeMissingError(f"there is no runtime {name!r}.{did_you_mean(name, _PACKAGES)}")
    package = _PACKAGES[name]
    spec = importlib.util.find_spec(package.module)
    library = Path(spec.origin).parent / package.library if spec and spec.origin else None
    if library is None or not library.exists():
        raise RuntimeMissingError(f"the runtime {name!r} is not installed here: {package.remedy}")
    return RuntimeInfo(name, package.distribution, library)


def installed_runtimes() -> list[RuntimeInfo]:
    """All runtimes that are installed, the default one first."""
    found = []
    for name in RUNTIMES:
        try:
            found.append(find_runtime(name))
        except RuntimeMissingError:
            continue
    return found
