"""A board made of files, changed between readings by a script."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pibench.device.runner import Completed

THERMAL = "sys/class/thermal"
POLICY = "sys/devices/system/cpu/cpufreq/policy0"
SYSFS_FLAGS = "sys/devices/platform/soc/soc:firmware/get_throttled"
HWMON = "sys/class/hwmon/hwmon1"

PI4 = {
    f"{THERMAL}/thermal_zone0/type": "cpu-thermal\n",
    f"{THERMAL}/thermal_zone0/temp": "48312\n",
    f"{THERMAL}/cooling_device0/type": "cpufreq-cpu0\n",
    f"{THERMAL}/cooling_device0/cur_state": "0\n",
    f"{THERMAL}/cooling_device1/type": "pwm-fan\n",
    f"{THERMAL}/cooling_device1/cur_state": "3\n",
    f"{POLICY}/scaling_cur_freq": "1500000\n",
    f"{POLICY}/scaling_max_freq": "1500000\n",
    f"{POLICY}/related_cpus": "0 1 2 3\n",
    f"{HWMON}/name": "rpi_volt\n",
    f"{HWMON}/in0_lcrit_alarm": "0\n",
    SYSFS_FLAGS: "50000\n",
}


def write_tree(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


class Vcgencmd:
    """Answers ``vcgencmd get_throttled`` from a script, its last answer for ever; not installed without one."""

    def __init__(self, *answers: Completed | None) -> None:
        self._answers = list(answers)

    def run(self, *arguments: str, timeout_s: float = 5) -> Completed | None:
        assert arguments == ("vcgencmd", "get_throttled")
        if not self._answers:
            return None
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def throttled(flags: int) -> Completed:
    return Completed(0, f"throttled={flags:#x}")


def threads() -> list[Path]:
    """Of this process, those that read sensors."""
    found = []
    for task in Path("/proc/self/task").iterdir():
        try:
            name = (task / "comm").read_text().strip()
        except OSError:  # ended meanwhile
            continue
        if name == "pibench-trace":
            found.append(task)
    return found
