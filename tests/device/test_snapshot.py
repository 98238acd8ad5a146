from __future__ import annotations

from pathlib import Path

import pytest

from pibench.device import read_device, read_temperature_c

PI_FILES = {
    "proc/cpuinfo": "processor\t: 0\nBogoMIPS\t: 38.40\nCPU implementer\t: 0x41\nCPU part\t: 0xd03\n\n"
    "processor\t: 1\nCPU part\t: 0xd03\n\nModel\t\t: Raspberry Pi 3 Model B Rev 1.2\n",
    "etc/os-release": 'NAME="Debian"\nPRETTY_NAME="Raspberry Pi OS 12"\n',
    "sys/firmware/devicetree/base/model": "Raspberry Pi 3 Model B Rev 1.2\0",
    "sys/class/thermal/thermal_zone0/temp": "48312\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "ondemand\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": "600000\n",
    "sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq": "1200000\n",
}


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_a_pi_tells_its_board_core_governor_clock_and_temperature(tmp_path: Path) -> None:
    device = read_device(tree(tmp_path, PI_FILES), observe_s=0.01)
    assert device.board == "Raspberry Pi 3 Model B Rev 1.2"
    assert device.cpu_model == "Cortex-A53"
    assert device.os == "Raspberry Pi OS 12"
    assert (device.governor, device.frequency_khz, device.maximum_frequency_khz) == ("ondemand", 600_000, 1_200_000)
    assert device.temperature_c == pytest.approx(48.312)


def test_a_machine_without_sensors_has_none_instead_of_guesses(tmp_path: Path) -> None:
    device = read_device(tmp_path)
    unknown = (device.board, device.cpu_model, device.governor, device.frequency_khz, device.temperature_c)
    assert unknown == (None,) * 5


def test_an_x86_machine_is_known_by_its_model_name(tmp_path: Path) -> None:
    device = read_device(tree(tmp_path, {"proc/cpuinfo": "vendor_id : AuthenticAMD\nmodel name : AMD EPYC\n"}))
    assert device.cpu_model == "AMD EPYC"


def test_an_unknown_arm_core_is_told_by_its_part_number(tmp_path: Path) -> None:
    device = read_device(tree(tmp_path, {"proc/cpuinfo": "CPU part : 0xfff\n"}))
    assert device.cpu_model == "Arm part 0xfff"


def test_garbage_in_a_sensor_is_no_reading(tmp_path: Path) -> None:
    files = {"sys/class/thermal/thermal_zone0/temp": "n/a\n", "sys/class/thermal/thermal_zone1/temp": "51000\n"}
    assert read_temperature_c(tree(tmp_path, files)) == 51


def test_the_hottest_zone_counts(tmp_path: Path) -> None:
    files = {f"sys/class/thermal/thermal_zone{k}/temp": f"{t}\n" for k, t in enumerate((40_000, 62_500, 50_000))}
    assert read_temperature_c(tree(tmp_path, files)) == 62.5


def test_this_machine_can_be_read() -> None:
    device = read_device()
    assert device.memory_bytes > 0
    assert 1 <= device.usable_cores <= device.cores
    assert device.os_bits in (32, 64)
    assert 0 <= device.busy_cores <= device.cores


@pytest.mark.parametrize("text", ["-274000\n", "0\n", "9999999\n"])
def test_a_temperature_that_cannot_be_is_no_reading(tmp_path: Path, text: str) -> None:
    assert read_temperature_c(tree(tmp_path, {"sys/class/thermal/thermal_zone0/temp": text})) is None
