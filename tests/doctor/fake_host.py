"""A machine made of files and of programs that answer from a script."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from pibench.device.runner import Completed
from pibench.doctor.host import Host

CPU = "sys/devices/system/cpu"
POLICY = f"{CPU}/cpufreq/policy0"
PI4 = {"sys/firmware/devicetree/base/model": "Raspberry Pi 4 Model B Rev 1.4\0"}
PI5 = {"sys/firmware/devicetree/base/model": "Raspberry Pi 5 Model B Rev 1.0\0"}
PI3_PLUS = {"sys/firmware/devicetree/base/model": "Raspberry Pi 3 Model B Plus Rev 1.3\0"}
PC: dict[str, str] = {}
UNREADABLE = "a folder where a file should be cannot be read, even by root"


def policy(
    governor: str = "ondemand", cpu: int = 0, low: int = 600, high: int = 1500, highest: int = 1500
) -> dict[str, str]:
    """The files of one cpufreq policy; clocks in MHz."""
    folder = f"{CPU}/cpufreq/policy{cpu}"
    return {
        f"{folder}/scaling_governor": f"{governor}\n",
        f"{folder}/scaling_available_governors": "conservative ondemand userspace powersave performance schedutil\n",
        f"{folder}/scaling_min_freq": f"{low}000\n",
        f"{folder}/scaling_max_freq": f"{high}000\n",
        f"{folder}/cpuinfo_min_freq": "600000\n",
        f"{folder}/cpuinfo_max_freq": f"{highest}000\n",
        f"{folder}/scaling_cur_freq": f"{high}000\n",
    }


def write_tree(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        if text == UNREADABLE:
            path.mkdir(parents=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


class FakeRunner:
    """Answers by command line; a program without an answer is not installed."""

    def __init__(self, answers: Mapping[str, Completed | Callable[[], Completed]] | None = None) -> None:
        self.answers = dict(answers or {})
        self.calls: list[str] = []

    def run(self, *arguments: str, timeout_s: float = 5) -> Completed | None:
        line = " ".join(arguments)
        self.calls.append(line)
        answer = self.answers.get(line)
        return answer() if callable(answer) else answer


def says(output: str, code: int | None = 0) -> Completed:
    return Completed(code, output)


def fake_host(
    root: Path,
    files: Mapping[str, str],
    answers: Mapping[str, Completed | Callable[[], Completed]] | None = None,
    wait: Callable[[float], None] = lambda seconds: None,
    machine: str = "aarch64",
    pointer_bits: int = 64,
) -> Host:
    write_tree(root, files)
    return Host(root=root, runner=FakeRunner(answers), machine=machine, pointer_bits=pointer_bits, wait=wait)


class RefusingHost(Host):
    """Reads like any other, but refuses to have these files written."""

    refused: tuple[str, ...] = ()

    def write(self, path: str, value: str) -> None:
        if path in self.refused:
            raise PermissionError(13, "Permission denied", path)
        super().write(path, value)


def refusing(host: Host, *paths: str) -> Host:
    class Refusing(RefusingHost):
        refused = paths

    return Refusing(
        root=host.root, runner=host.runner, machine=host.machine, pointer_bits=host.pointer_bits, wait=host.wait
    )
