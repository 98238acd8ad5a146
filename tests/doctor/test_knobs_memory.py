from __future__ import annotations

from pathlib import Path

import pytest
from fake_host import UNREADABLE, fake_host

from pibench.doctor.knobs import AddressRandomisation, HugePages, SwapInUse, Swappiness

HEADER = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
ZRAM = "/dev/zram0                              partition\t204800\t\t10240\t\t100\n"
IDLE_FILE = "/var/swap                               file\t\t102396\t\t0\t\t-2\n"
ODD_FILE = "/my\\040swap                            file\t\t102396\t\t2048\t\t-3\n"
ROOMY = {"proc/meminfo": "MemTotal:  948000 kB\nMemAvailable:     500000 kB\n"}
TIGHT = {"proc/meminfo": "MemTotal:  948000 kB\nMemAvailable:     70000 kB\n"}
SWAPPINESS = "proc/sys/vm/swappiness"
HUGE = "sys/kernel/mm/transparent_hugepage/enabled"
RANDOM = "proc/sys/kernel/randomize_va_space"


@pytest.mark.parametrize(
    ("swaps", "verdict", "now"),
    [
        (HEADER, "fine", "no swap"),
        (HEADER + IDLE_FILE, "fine", "/var/swap 0 of 100 MiB"),
        (HEADER + ZRAM, "disturbs", "/dev/zram0 10 of 200 MiB"),
        (HEADER + ZRAM + IDLE_FILE, "disturbs", "/dev/zram0 10 of 200 MiB, /var/swap 0 of 100 MiB"),
        (HEADER + "/dev/zram0 partition many few none\n", "unknown", "unknown"),
        (HEADER + "/dev/zram0\n", "unknown", "unknown"),
        ("garbage", "unknown", "unknown"),
        ("", "unknown", "unknown"),
        (UNREADABLE, "unknown", "unknown"),
    ],
)
def test_swap(tmp_path: Path, swaps: str, verdict: str, now: str) -> None:
    finding = SwapInUse().read(fake_host(tmp_path, {"proc/swaps": swaps, **ROOMY}))
    assert (finding.verdict, finding.now) == (verdict, now)


def test_only_swap_that_is_used_is_switched_off_and_its_priority_comes_back(tmp_path: Path) -> None:
    host = fake_host(tmp_path, {"proc/swaps": HEADER + ZRAM + IDLE_FILE + ODD_FILE, **ROOMY})
    finding = SwapInUse().read(host)
    assert finding.change == ("sudo swapoff /dev/zram0", "sudo swapoff '/my swap'")
    assert finding.undo == ("sudo swapon '/my swap'", "sudo swapon -p 100 /dev/zram0")


@pytest.mark.parametrize("memory", [TIGHT, {}, {"proc/meminfo": "MemAvailable: lots\n"}])
def test_swap_stays_on_where_memory_might_not_hold_it(tmp_path: Path, memory: dict[str, str]) -> None:
    finding = SwapInUse().read(fake_host(tmp_path, {"proc/swaps": HEADER + ZRAM, **memory}))
    assert (finding.verdict, finding.tunable) == ("disturbs", False)
    assert "too little free memory" in (finding.note or "")


@pytest.mark.parametrize(
    ("files", "verdict"),
    [
        ({SWAPPINESS: "60", "proc/swaps": HEADER}, "fine"),
        ({SWAPPINESS: "60", "proc/swaps": HEADER + IDLE_FILE}, "disturbs"),
        ({SWAPPINESS: "10", "proc/swaps": HEADER + IDLE_FILE}, "fine"),
        ({SWAPPINESS: "60"}, "unknown"),
        ({SWAPPINESS: "?", "proc/swaps": HEADER}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_swappiness_matters_where_there_is_swap(tmp_path: Path, files: dict[str, str], verdict: str) -> None:
    finding = Swappiness().read(fake_host(tmp_path, files))
    assert (finding.verdict, finding.tunable) == (verdict, verdict == "disturbs")


@pytest.mark.parametrize(
    ("text", "verdict", "now"),
    [
        ("[always] madvise never\n", "disturbs", "always"),
        ("always [madvise] never\n", "fine", "madvise"),
        ("always madvise [never]\n", "fine", "never"),
        ("[sometimes]\n", "unknown", "unknown"),
        (UNREADABLE, "unknown", "unknown"),
    ],
)
def test_huge_pages(tmp_path: Path, text: str, verdict: str, now: str) -> None:
    finding = HugePages().read(fake_host(tmp_path, {HUGE: text}))
    assert (finding.verdict, finding.now, finding.tunable) == (verdict, now, verdict == "disturbs")


@pytest.mark.parametrize(
    ("value", "verdict", "now"),
    [("2", "information", "on"), ("0", "information", "off"), ("7", "unknown", "unknown"), ("", "unknown", "unknown")],
)
def test_random_addresses_are_no_disturbance(tmp_path: Path, value: str, verdict: str, now: str) -> None:
    finding = AddressRandomisation().read(fake_host(tmp_path, {RANDOM: value}))
    assert (finding.verdict, finding.now) == (verdict, now)
    assert "fresh processes average over that" in finding.why
