"""What this machine is, as far as latencies depend on it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from pibench.device import Device
from pibench.device.files import read_text
from pibench.device.runner import Runner
from pibench.engine.runtimes import RuntimeName, find_runtime
from pibench.measure.layers import METHOD
from pibench.table.model import Provenance


def read_provenance(
    device: Device, runtimes: Iterable[RuntimeName], runner: Runner, root: Path = Path("/")
) -> Provenance:
    """Of the machine that ``device`` describes. Raises RuntimeMissingError."""
    found = [find_runtime(name) for name in sorted(set(runtimes))]
    return Provenance(
        board=device.board,
        cpu_model=device.cpu_model,
        architecture=device.architecture,
        os_bits=device.os_bits,
        cores=device.cores,
        memory_bytes=device.memory_bytes,
        firmware=_firmware(runner, root),
        kernel=device.kernel,
        governor=device.governor,
        maximum_frequency_khz=device.maximum_frequency_khz,
        method=METHOD,
        runtimes=tuple((info.name, info.version, _digest(info.library)) for info in found),
    )


def _firmware(runner: Runner, root: Path) -> str | None:
    """Raspberry Pi firmware by its revision; elsewhere the BIOS version that the kernel tells."""
    asked = runner.run("vcgencmd", "version")
    if asked is not None and asked.code == 0:
        return " ".join(asked.output.split())
    return read_text(root / "sys/class/dmi/id/bios_version")


def _digest(library: Path) -> str:
    """SHA-256 of a runtime's library: a build of one's own has the version of another."""
    digest = hashlib.sha256()
    with library.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
