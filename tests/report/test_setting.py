from __future__ import annotations

import pytest
from msgspec.structs import replace
from saved_reports import net, saved

from pibench.report import Protocol, RuntimeRecord
from pibench.report.setting import differences

BASE = saved(net(1e6))


@pytest.mark.parametrize(
    ("changes", "aspect", "told"),
    [
        ({"board": "Raspberry Pi 4"}, "device", "board: Raspberry Pi 3 Model B Rev 1.2 → Raspberry Pi 4"),
        ({"board": None}, "device", "board: Raspberry Pi 3 Model B Rev 1.2 → unknown"),
        ({"cpu_model": "Cortex-A76"}, "device", "CPU: Cortex-A53 → Cortex-A76"),
        ({"memory_bytes": 2**32}, "device", "memory: up to 1 GiB → up to 4 GiB"),
        ({"maximum_frequency_khz": 1_400_000}, "device", "highest clock: 1.2 GHz → 1.4 GHz"),
        ({"kernel": "6.13"}, "system", "kernel: 6.12 → 6.13"),
        ({"governor": "performance"}, "system", "governor: ondemand → performance"),
        ({"os_bits": 32}, "system", "OS: 64-bit Raspberry Pi OS → 32-bit Raspberry Pi OS"),
        ({"usable_cores": 3}, "system", "usable cores: 4 → 3"),
        ({"runtimes": (RuntimeRecord(name="litert", version="2.4"),)}, "runtime", "litert: 2.3.0 → 2.4"),
        ({"protocol": Protocol(statistic="mean")}, "protocol", "statistic: median → mean"),
        ({"protocol": Protocol(period_ns=33_000_000)}, "protocol", "pace: back to back → every 33 ms"),
        (
            {"protocol": Protocol(interleaved=False)},
            "protocol",
            "networks: in the same processes → each in its own processes",
        ),
    ],
)
def test_what_a_figure_depends_on_is_told_apart(changes: dict[str, object], aspect: str, told: str) -> None:
    (difference,) = differences(BASE, saved(net(1e6), **changes))
    assert (difference.aspect, str(difference)) == (aspect, told)


@pytest.mark.parametrize(
    "changes",
    [
        {"temperature_c": 80.0},
        {"frequency_khz": 1_200_000},
        {"busy_cores": 3.0},
        {"load_average_1m": 3.0},
        {"python": "3.13"},
        {"memory_bytes": 2**30 - 2**26},  # what the kernel keeps differs by version
        {"protocol": Protocol(name="quick", processes=3, most_processes=3, seconds=0.3)},
        {"runtimes": (RuntimeRecord(name="tflite", version="2.14.0"),)},
    ],
)
def test_what_concerns_the_moment_or_the_precision_is_no_difference(changes: dict[str, object]) -> None:
    assert differences(BASE, saved(net(1e6), **changes)) == []


def test_a_device_that_tells_nothing_has_facts_too() -> None:
    silent = replace(BASE.device, board=None, cpu_model=None, governor=None, maximum_frequency_khz=None)
    blind = replace(BASE, device=replace(silent, memory_bytes=0))
    assert differences(blind, blind) == []
    assert {one.new for one in differences(BASE, blind)} >= {"unknown"}
