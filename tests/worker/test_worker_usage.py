from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from fake_tasks import add_thread
from pages import touch_pages

from pibench.engine import RuntimeName
from pibench.report.samples import Usage
from pibench.worker.client import Worker
from pibench.worker.counters import HARDWARE
from pibench.worker.protocol import Load, Loaded, Run, RunReference, Sampled, Unload, Unloaded
from pibench.worker.usage import UsageMeter

ME = threading.get_native_id()
ABSENT_THREAD = 2**22 + 1


def test_what_happens_inside_is_counted() -> None:
    meter = UsageMeter([ME])
    with meter:
        touch_pages(100)
        for _ in range(5):
            time.sleep(0.001)
    usage = meter.usage(17)
    meter.close()
    assert usage.invocations == 17
    assert usage.voluntary_switches >= 5
    assert usage.minor_faults >= 100


def test_each_use_begins_anew() -> None:
    meter = UsageMeter([ME])
    with meter:
        for _ in range(200):
            time.sleep(0.0001)
    with meter:
        pass
    meter.close()
    assert meter.usage(1).voluntary_switches < 200


def test_migrations_are_told_by_the_kernels_files(tmp_path: Path) -> None:
    add_thread(tmp_path, ME, moves=3)
    add_thread(tmp_path, 9001, moves=40)
    meter = UsageMeter([ME, 9001], tmp_path)
    with meter:
        sched = tmp_path / "9001" / "sched"
        sched.write_text(sched.read_text().replace("40", "47"))
    meter.close()
    assert meter.usage(1).migrations == 7


def test_migrations_that_no_one_tells_are_none(tmp_path: Path) -> None:
    meter = UsageMeter([ABSENT_THREAD], tmp_path)
    with meter:
        pass
    meter.close()
    assert meter.usage(1).migrations is None
    assert meter.usage(1).hardware == {}


def test_a_run_tells_what_it_used_and_the_reference_does_not(runtime: RuntimeName, small_model: Path) -> None:
    with Worker() as worker:
        loaded = worker.ask(Load(str(small_model), runtime), Loaded)
        usage = worker.ask(Run(loaded.engine, 20, group=3), Sampled).usage
        assert worker.ask(RunReference(1), Sampled).usage is None
    assert isinstance(usage, Usage)
    assert usage.invocations == 60
    # Absent where the processor has no counters, and never zero for what cannot be zero.
    assert set(usage.hardware) <= set(HARDWARE)
    assert usage.hardware.get("instructions", 1) > 0


@pytest.mark.parametrize("threads", [1, 2])
def test_unloading_releases_the_counters(runtime: RuntimeName, small_model: Path, threads: int) -> None:
    with Worker() as worker:
        held = []
        for _ in range(3):
            loaded = worker.ask(Load(str(small_model), runtime, threads), Loaded)
            worker.ask(Run(loaded.engine, 2), Sampled)
            worker.ask(Unload(loaded.engine), Unloaded)
            held.append(len(list(Path(f"/proc/{worker._process.pid}/fd").iterdir())))
    assert held[0] == held[1] == held[2]
