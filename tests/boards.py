"""A board as its report describes it."""

from __future__ import annotations

from pibench.device import Device

PI_3 = Device(
    board="Raspberry Pi 3 Model B Rev 1.2",
    cpu_model="Cortex-A53",
    architecture="aarch64",
    os="Raspberry Pi OS",
    os_bits=64,
    kernel="6.12",
    python="3.11.2",
    cores=4,
    usable_cores=4,
    memory_bytes=2**30,
    governor="ondemand",
    frequency_khz=600_000,
    maximum_frequency_khz=1_200_000,
    temperature_c=48.3,
    load_average_1m=0.1,
    busy_cores=0.0,
)
