from __future__ import annotations

import os
from pathlib import Path

import pytest
from trees import write_tree

from pibench.device.cpus import allowed_cpus, choose_cpus, cpus_from, format_cpus, isolated_cpus, parse_cpus
from pibench.errors import PibenchError

CPU = "sys/devices/system/cpu"


@pytest.mark.parametrize(
    ("text", "cpus"),
    [("", ()), ("0", (0,)), ("0-2,5", (0, 1, 2, 5)), ("2,3", (2, 3)), ("3,1-2", (1, 2, 3)), ("1,1-1", (1,))],
)
def test_lists_of_cores_are_read(text: str, cpus: tuple[int, ...]) -> None:
    assert parse_cpus(text) == cpus


@pytest.mark.parametrize("text", ["two", "2-", "-2", "3-1", "1,", ",", "1 2", "0-2-4", "99999", "1.5", "0-9:2/3"])
def test_what_is_no_list_of_cores_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(PibenchError, match="0-2,5"):
        parse_cpus(text)


@pytest.mark.parametrize(
    ("text", "cpus"), [("3", (3,)), ("0-2,5", (0, 1, 2, 5)), ("5, 0-2", (5, 0, 1, 2)), ("3,1-3", (3, 1, 2))]
)
def test_cores_that_somebody_names_stay_in_that_order_each_once(text: str, cpus: tuple[int, ...]) -> None:
    assert cpus_from(text) == cpus


@pytest.mark.parametrize("text", ["", ",", "two", "3-1"])
def test_who_names_cores_names_some(text: str) -> None:
    with pytest.raises(PibenchError, match="not a list of cores; one looks like 0-2,5"):
        cpus_from(text)


@pytest.mark.parametrize(
    ("cpus", "text"), [((), ""), ((3,), "3"), ((5, 0, 1, 2), "0-2,5"), ((2, 3), "2-3"), ((1, 3, 5, 5), "1,3,5")]
)
def test_lists_of_cores_are_written_as_the_kernel_does(cpus: tuple[int, ...], text: str) -> None:
    assert format_cpus(cpus) == text
    assert parse_cpus(text) == tuple(sorted(set(cpus)))


@pytest.mark.parametrize(("text", "cpus"), [("2-3\n", (2, 3)), ("\n", ()), ("three\n", ()), (None, ())])
def test_isolated_cores_are_those_the_kernel_names(tmp_path: Path, text: str | None, cpus: tuple[int, ...]) -> None:
    write_tree(tmp_path, {} if text is None else {f"{CPU}/isolated": text})
    assert isolated_cpus(tmp_path) == cpus


class Kernel:
    """Grants a thread the cores it asks for, as far as its control group has them."""

    def __init__(self, mine: set[int], group: set[int]) -> None:
        self.mine = mine
        self.group = group

    def get(self, _: int) -> set[int]:
        return set(self.mine)

    def set(self, _: int, cpus: set[int]) -> None:
        if not cpus & self.group:
            raise OSError(22, "Invalid argument")
        self.mine = cpus & self.group


def allowed(
    monkeypatch: pytest.MonkeyPatch, root: Path, kernel: Kernel, isolated: str = "", online: str = "0-3"
) -> tuple[int, ...]:
    monkeypatch.setattr(os, "sched_getaffinity", kernel.get)
    monkeypatch.setattr(os, "sched_setaffinity", kernel.set)
    write_tree(root, {f"{CPU}/isolated": f"{isolated}\n", f"{CPU}/online": f"{online}\n"})
    before = set(kernel.mine)
    cpus = allowed_cpus(root)
    assert kernel.mine == before
    return cpus


def test_isolated_cores_are_allowed_though_no_process_starts_on_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert allowed(monkeypatch, tmp_path, Kernel({0, 1}, {0, 1, 2, 3}), "2-3") == (0, 1, 2, 3)


def test_a_process_that_was_given_its_cores_keeps_to_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert allowed(monkeypatch, tmp_path, Kernel({1}, {0, 1, 2, 3}), "2-3") == (1,)
    assert allowed(monkeypatch, tmp_path, Kernel({0, 1}, {0, 1, 2, 3})) == (0, 1)


def test_isolated_cores_of_another_control_group_are_not_allowed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert allowed(monkeypatch, tmp_path, Kernel({0, 1}, {0, 1}), "2-3") == (0, 1)
    assert allowed(monkeypatch, tmp_path, Kernel({0, 1}, {0, 1, 3}), "2-3") == (0, 1, 3)


def test_this_process_may_use_what_its_affinity_says() -> None:
    assert set(allowed_cpus()) >= os.sched_getaffinity(0)


@pytest.mark.parametrize(
    ("threads", "of", "isolated", "chosen"),
    [
        (1, (0, 1, 2, 3), (), (3,)),
        (2, (0, 1, 2, 3), (), (2, 3)),
        (4, (0, 1, 2, 3), (), (0, 1, 2, 3)),
        (1, (0, 1, 2, 3), (1,), (1,)),
        (2, (0, 1, 2, 3), (1,), (1, 3)),
        (1, (0, 2), (0,), (2,)),
        (1, (0,), (), (0,)),
        (1, (0, 1), (3,), (1,)),
        (0, (), (), ()),
    ],
)
def test_isolated_cores_come_first_then_the_highest_and_core_0_last(
    threads: int, of: tuple[int, ...], isolated: tuple[int, ...], chosen: tuple[int, ...]
) -> None:
    assert choose_cpus(threads, of, isolated) == chosen


@pytest.mark.parametrize(("of", "cores"), [((0,), "1 core may"), ((0, 1), "2 cores may")])
def test_fewer_cores_than_threads_are_an_error(of: tuple[int, ...], cores: str) -> None:
    with pytest.raises(PibenchError, match=f"^4 threads need a core each, but only {cores} be used here.$"):
        choose_cpus(4, of)
