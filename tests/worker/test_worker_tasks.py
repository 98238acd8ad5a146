from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from fake_tasks import add_thread

from pibench.worker.tasks import allowed_cpus, migrations, processor, thread_ids


@pytest.mark.parametrize("name", ["python", "a b c", "x) 1 (y", "))((", "", "é\udcff 7) S 1"])
def test_the_processor_is_read_whatever_the_thread_is_called(tmp_path: Path, name: str) -> None:
    add_thread(tmp_path, 7, name="placeholder", cpu=3)
    stat = tmp_path / "7" / "stat"
    stat.write_bytes(stat.read_bytes().replace(b"placeholder", name.encode(errors="surrogateescape")))
    assert processor(7, tmp_path) == 3


def test_allowed_cores_are_read_as_a_list(tmp_path: Path) -> None:
    add_thread(tmp_path, 7, allowed="0,2-3")
    assert allowed_cpus(7, tmp_path) == (0, 2, 3)


def test_migrations_are_read_where_the_kernel_tells(tmp_path: Path) -> None:
    add_thread(tmp_path, 7, moves=42)
    add_thread(tmp_path, 8)
    assert migrations(7, tmp_path) == 42
    assert migrations(8, tmp_path) is None


@pytest.mark.parametrize("read", [processor, allowed_cpus, migrations])
def test_a_thread_that_ended_tells_nothing(tmp_path: Path, read) -> None:
    assert read(1, tmp_path) is None


@pytest.mark.parametrize("text", ["", "1 (x) S 1 2 3", "1 (x) " + "S " * 60, "no parenthesis"])
def test_an_odd_stat_tells_nothing(tmp_path: Path, text: str) -> None:
    add_thread(tmp_path, 7)
    tmp_path.joinpath("7", "stat").write_text(text)
    assert processor(7, tmp_path) is None


@pytest.mark.parametrize("text", ["", "Cpus_allowed_list:\tx-y\n", "Cpus_allowed_list:\t1-\n"])
def test_an_odd_status_tells_nothing_or_little(tmp_path: Path, text: str) -> None:
    add_thread(tmp_path, 7)
    tmp_path.joinpath("7", "status").write_text(text)
    assert allowed_cpus(7, tmp_path) in (None, (1,))


def test_only_threads_are_listed(tmp_path: Path) -> None:
    for thread_id in (12, 345):
        add_thread(tmp_path, thread_id)
    tmp_path.joinpath("odd").mkdir()
    assert thread_ids(tmp_path) == {12, 345}


def test_the_kernel_shows_this_thread_where_it_is() -> None:
    me = threading.get_native_id()
    allowed = os.sched_getaffinity(0)
    assert me in thread_ids()
    assert set(allowed_cpus(me) or ()) == allowed
    assert processor(me) in allowed
