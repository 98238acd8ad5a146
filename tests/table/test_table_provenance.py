from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from boards import PI_3
from msgspec.structs import replace

from pibench.device.runner import Completed
from pibench.engine.runtimes import RuntimeInfo
from pibench.errors import RuntimeMissingError
from pibench.table import provenance
from pibench.table.provenance import read_provenance


class Vcgencmd:
    def __init__(self, answer: Completed | None) -> None:
        self._answer = answer

    def run(self, *arguments: str, timeout_s: float = 5) -> Completed | None:
        assert arguments == ("vcgencmd", "version")
        return self._answer


NO_PI = Vcgencmd(None)


@pytest.fixture(autouse=True)
def runtimes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Two runtimes whose libraries are small files, by name."""
    libraries = {name: tmp_path / f"{name}.so" for name in ("litert", "tflite")}

    class Fake(RuntimeInfo):
        version = "1.2.3"

    def find(name: str) -> RuntimeInfo:
        if name not in libraries:
            raise RuntimeMissingError(f"{name} is not installed")
        return Fake(name, name, libraries[name])  # type: ignore[arg-type]

    for name, library in libraries.items():
        library.write_bytes(name.encode())
    monkeypatch.setattr(provenance, "find_runtime", find)
    return libraries


def test_it_is_the_board_as_the_device_describes_it() -> None:
    found = read_provenance(PI_3, ["litert"], NO_PI, Path("/nowhere"))
    for field in ("board", "cpu_model", "architecture", "os_bits", "cores", "memory_bytes", "kernel", "governor"):
        assert getattr(found, field) == getattr(PI_3, field)


def test_heat_and_load_of_the_moment_are_no_part_of_it() -> None:
    later = replace(PI_3, temperature_c=70.0, load_average_1m=3.0, busy_cores=1.0, frequency_khz=1_200_000)
    first, second = (read_provenance(device, ["litert"], NO_PI, Path("/nowhere")) for device in (PI_3, later))
    assert first.digest == second.digest


def test_a_raspberry_pi_has_its_firmware_by_revision(tmp_path: Path) -> None:
    answer = Completed(0, "2024/01/01 12:00:00 \nCopyright (c) 2012 Broadcom\nversion abc (clean)")
    found = read_provenance(PI_3, ["litert"], Vcgencmd(answer), tmp_path)
    assert found.firmware == "2024/01/01 12:00:00 Copyright (c) 2012 Broadcom version abc (clean)"


@pytest.mark.parametrize("answer", [None, Completed(255, "VCHI initialization failed"), Completed(None, "no answer")])
def test_another_computer_has_the_version_of_its_bios(tmp_path: Path, answer: Completed | None) -> None:
    path = tmp_path / "sys/class/dmi/id/bios_version"
    path.parent.mkdir(parents=True)
    path.write_text("F.42\n")
    assert read_provenance(PI_3, ["litert"], Vcgencmd(answer), tmp_path).firmware == "F.42"
    assert read_provenance(PI_3, ["litert"], Vcgencmd(answer), tmp_path / "none").firmware is None


def test_each_runtime_has_its_version_and_the_digest_of_its_library(runtimes: dict[str, Path]) -> None:
    found = read_provenance(PI_3, ["tflite", "litert", "tflite"], NO_PI, Path("/nowhere"))
    assert found.runtimes == tuple((n, "1.2.3", hashlib.sha256(n.encode()).hexdigest()) for n in ("litert", "tflite"))
    runtimes["litert"].write_bytes(b"a build of one's own")
    other = read_provenance(PI_3, ["tflite", "litert"], NO_PI, Path("/nowhere"))
    assert found.mismatch(other) == ("runtime litert",)


def test_a_runtime_that_is_missing_is_told() -> None:
    with pytest.raises(RuntimeMissingError, match="none is not installed"):
        read_provenance(PI_3, ["none"], NO_PI, Path("/nowhere"))  # type: ignore[list-item]
