from __future__ import annotations

from pathlib import Path

import pytest
from trees import HWMON, PI4, POLICY, SYSFS_FLAGS, THERMAL, write_tree

from pibench import _native
from pibench.device import Channel
from pibench.device.sensors import Sensor, as_channel, find_sensors, policies_of

CPUFREQ = "sys/devices/system/cpu/cpufreq"


def found(root: Path) -> list[tuple[str, str]]:
    return [(sensor.quantity, sensor.name) for sensor in find_sensors(root)]


def test_a_pi_has_temperature_clock_limit_flags_alarm_and_cooling_but_no_fan(tmp_path: Path) -> None:
    assert find_sensors(write_tree(tmp_path, PI4)) == (
        Sensor("thermal_zone0 cpu-thermal", "temperature_c", tmp_path / THERMAL / "thermal_zone0/temp"),
        Sensor("policy0", "frequency_khz", tmp_path / POLICY / "scaling_cur_freq"),
        Sensor("policy0", "frequency_limit_khz", tmp_path / POLICY / "scaling_max_freq"),
        Sensor("firmware", "throttle_flags", tmp_path / SYSFS_FLAGS, "hexadecimal"),
        Sensor("hwmon1 rpi_volt", "under_voltage", tmp_path / HWMON / "in0_lcrit_alarm"),
        Sensor("cooling_device0 cpufreq-cpu0", "cooling", tmp_path / THERMAL / "cooling_device0/cur_state"),
    )


def test_a_machine_without_sensors_has_none(tmp_path: Path) -> None:
    assert find_sensors(tmp_path) == ()


def test_this_machine_can_be_searched() -> None:
    assert all(sensor.path.exists() for sensor in find_sensors())


def test_a_mailbox_that_answers_is_asked_instead_of_the_kernels_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_native, "read_channel", lambda path, encoding: 0)
    flags = [sensor for sensor in find_sensors(write_tree(tmp_path, PI4)) if sensor.quantity == "throttle_flags"]
    assert flags == [Sensor("firmware", "throttle_flags", tmp_path / "dev/vcio", "mailbox")]


def test_flags_that_make_no_sense_are_no_channel(tmp_path: Path) -> None:
    assert found(write_tree(tmp_path, {SYSFS_FLAGS: "nonsense", "dev/vcio": ""})) == []


def test_a_zone_without_a_type_has_the_name_of_its_folder(tmp_path: Path) -> None:
    write_tree(tmp_path, {f"{THERMAL}/thermal_zone{n}/temp": "40000" for n in (10, 2)})
    assert found(tmp_path) == [("temperature_c", "thermal_zone2"), ("temperature_c", "thermal_zone10")]


def test_every_zone_and_policy_is_a_channel_also_where_it_cannot_be_read_yet(tmp_path: Path) -> None:
    files = {f"{THERMAL}/thermal_zone0/temp": "", f"{THERMAL}/thermal_zone1/temp": "n/a"}
    files |= {f"{CPUFREQ}/policy{n}/scaling_cur_freq": "<unknown>" for n in (0, 4)}
    assert len(found(write_tree(tmp_path, files))) == 4


@pytest.mark.parametrize(
    ("kind", "slows"),
    [("cpufreq-cpu0", True), ("thermal-cpufreq-0", True), ("cpu-idle", True), ("Processor", True),
     ("pwm-fan", False), ("gpio-fan", False), ("rpi-poe-fan", False), ("Fan", False), ("", False)],
)  # fmt: skip
def test_only_cooling_that_slows_the_cores_is_a_channel(tmp_path: Path, kind: str, slows: bool) -> None:
    folder = f"{THERMAL}/cooling_device3"
    write_tree(tmp_path, {f"{folder}/type": f"{kind}\n", f"{folder}/cur_state": "0\n"})
    assert found(tmp_path) == ([("cooling", f"cooling_device3 {kind}")] if slows else [])


def test_raw_readings_become_values_in_the_unit_of_their_quantity() -> None:
    sensor = Sensor("zone", "temperature_c", Path("temp"))
    raw = [48_312, _native.MISSING, 0, 999_999, 51_000]
    assert as_channel(sensor, raw) == Channel(
        name="zone", quantity="temperature_c", values=(48.312, None, None, None, 51.0)
    )


def test_the_policies_of_cores_are_those_that_name_them(tmp_path: Path) -> None:
    write_tree(tmp_path, {
        f"{CPUFREQ}/policy0/related_cpus": "0 1 2 3\n",
        f"{CPUFREQ}/policy4/related_cpus": "4 5\n",
        f"{CPUFREQ}/policy10/scaling_cur_freq": "1\n",
    })  # fmt: skip
    assert policies_of([4, 5], tmp_path) == ("policy4",)
    assert policies_of([3, 4], tmp_path) == ("policy0", "policy4")
    assert policies_of([10], tmp_path) == policies_of([], tmp_path) == ()
