from __future__ import annotations

from pathlib import Path

import pytest
from trees import write_tree

from pibench.device.caches import Cache, read_caches

CPU = "sys/devices/system/cpu"


def index(cpu: int, number: int, level: str, kind: str, size: str, shared: str) -> dict[str, str]:
    folder = f"{CPU}/cpu{cpu}/cache/index{number}"
    texts = {"level": level, "type": kind, "size": size, "shared_cpu_list": shared}
    return {f"{folder}/{name}": f"{text}\n" for name, text in texts.items()}


def test_caches_are_told_once_with_the_cores_that_share_them(tmp_path: Path) -> None:
    tree: dict[str, str] = {}
    for cpu in (0, 1):
        tree |= index(cpu, 0, "1", "Data", "32K", str(cpu))
        tree |= index(cpu, 1, "1", "Instruction", "32K", str(cpu))
        tree |= index(cpu, 2, "2", "Unified", "1M", "0-1")
    write_tree(tmp_path, tree)
    assert read_caches(tmp_path) == (
        Cache(1, 32 << 10, (0,)),
        Cache(1, 32 << 10, (1,)),
        Cache(2, 1 << 20, (0, 1)),
    )


def test_a_kernel_that_tells_nothing_has_no_caches(tmp_path: Path) -> None:
    assert read_caches(tmp_path) == ()


@pytest.mark.parametrize(
    ("level", "kind", "size", "shared"),
    [
        ("1", "Data", "", "0"),
        ("1", "Data", "much", "0"),
        ("1", "Data", "0K", "0"),
        ("one", "Data", "32K", "0"),
        ("1", "", "32K", "0"),
        ("1", "Data", "32K", "?"),
        ("1", "Data", "32K", ""),
    ],
)
def test_what_makes_no_sense_is_left_out(tmp_path: Path, level: str, kind: str, size: str, shared: str) -> None:
    write_tree(tmp_path, index(0, 0, level, kind, size, shared))
    assert read_caches(tmp_path) == ()


def test_this_machines_caches_grow_with_their_level() -> None:
    smallest: dict[int, int] = {}
    for cache in read_caches():
        smallest[cache.level] = min(cache.size_bytes, smallest.get(cache.level, cache.size_bytes))
    assert list(smallest.values()) == sorted(smallest.values())
