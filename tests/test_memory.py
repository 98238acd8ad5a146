from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pibench.memory import peak_memory_bytes, restart_peak_memory


def test_the_peak_grows_with_what_is_touched_and_stays() -> None:
    before = peak_memory_bytes()
    ballast = np.ones(before // 8 + 4_000_000)
    grown = peak_memory_bytes()
    del ballast
    assert grown >= before + 30_000_000
    # The kernel sums its per-core counters lazily, so that a reading may be off by some pages.
    assert peak_memory_bytes() >= grown - 2**20


def test_it_reads_the_high_water_mark(tmp_path: Path) -> None:
    status = tmp_path / "status"
    status.write_text("Name:\tpython\nVmPeak:\t9999 kB\nVmHWM:\t  1234 kB\nVmRSS:\t 1000 kB\n")
    assert peak_memory_bytes(status) == 1234 * 1024


def test_a_kernel_that_does_not_tell_gives_zero(tmp_path: Path) -> None:
    status = tmp_path / "status"
    status.write_text("Name:\tpython\n")
    assert peak_memory_bytes(status) == 0


def test_the_peak_starts_anew_from_what_is_in_use() -> None:
    ballast = np.ones(16_000_000)
    grown = peak_memory_bytes()
    del ballast
    if not restart_peak_memory():
        pytest.skip("this kernel does not let the peak start anew")
    assert peak_memory_bytes() < grown - 50_000_000


def test_a_kernel_that_cannot_let_the_peak_start_anew_says_so(tmp_path: Path) -> None:
    assert not restart_peak_memory(tmp_path / "no such folder" / "clear_refs")


def test_the_kernel_is_asked_for_the_peak_alone(tmp_path: Path) -> None:
    clear_refs = tmp_path / "clear_refs"
    assert restart_peak_memory(clear_refs)
    assert clear_refs.read_text() == "5"
