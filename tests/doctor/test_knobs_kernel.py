from __future__ import annotations

from pathlib import Path

import pytest
from fake_host import fake_host

from pibench.doctor.knobs import ClockSource, PerfParanoid, Userland

PARANOID = "proc/sys/kernel/perf_event_paranoid"
CLOCK = "sys/devices/system/clocksource/clocksource0"


@pytest.mark.parametrize(
    ("value", "verdict"), [("-1", "fine"), ("2", "fine"), ("3", "information"), ("x", "unknown"), ("", "unknown")]
)
def test_counters_never_disturb(tmp_path: Path, value: str, verdict: str) -> None:
    finding = PerfParanoid().read(fake_host(tmp_path, {PARANOID: value}))
    assert finding.verdict == verdict
    if verdict == "information":
        assert finding.undo == ("sudo sysctl kernel.perf_event_paranoid=3",)


@pytest.mark.parametrize(
    ("now", "offered", "verdict", "change"),
    [
        ("tsc", "tsc hpet", "fine", ()),
        ("arch_sys_counter", "arch_sys_counter", "fine", ()),
        ("hpet", "hpet acpi_pm", "disturbs", ()),
        ("hpet", "tsc hpet", "disturbs", (f"echo tsc | sudo tee /{CLOCK}/current_clocksource",)),
        ("", "", "unknown", ()),
    ],
)
def test_clock_source(tmp_path: Path, now: str, offered: str, verdict: str, change: tuple[str, ...]) -> None:
    files = {f"{CLOCK}/current_clocksource": now, f"{CLOCK}/available_clocksource": offered}
    finding = ClockSource().read(fake_host(tmp_path, files))
    assert (finding.verdict, finding.change, finding.tunable) == (verdict, change, False)


@pytest.mark.parametrize(
    ("bits", "machine", "verdict"),
    [(64, "aarch64", "fine"), (32, "armv7l", "fine"), (32, "aarch64", "information"), (32, "x86_64", "information")],
)
def test_userland(tmp_path: Path, bits: int, machine: str, verdict: str) -> None:
    finding = Userland().read(fake_host(tmp_path, {}, machine=machine, pointer_bits=bits))
    assert (finding.verdict, finding.now) == (verdict, f"{bits}-bit on {machine}")
