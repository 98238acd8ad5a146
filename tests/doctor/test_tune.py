from __future__ import annotations

from pathlib import Path

import pytest
from fake_host import fake_host, policy, refusing, says

from pibench.doctor import KNOBS
from pibench.doctor.change import FileChange
from pibench.doctor.errors import DoctorError
from pibench.doctor.host import Host
from pibench.doctor.state import StateFile
from pibench.doctor.tune import restore_left_over, tuned

GOVERNOR = "sys/devices/system/cpu/cpufreq/policy0/scaling_governor"
MAXIMUM = "sys/devices/system/cpu/cpufreq/policy0/scaling_max_freq"
HUGE = "sys/kernel/mm/transparent_hugepage/enabled"
TURBO = "sys/devices/system/cpu/intel_pstate/no_turbo"
SWAPPINESS = "proc/sys/vm/swappiness"
STOP, START = "systemctl stop irqbalance", "systemctl start irqbalance"
BOARD = {
    **policy("ondemand", high=1200),
    HUGE: "always\n",
    TURBO: "0\n",
    SWAPPINESS: "60\n",
    "proc/swaps": "Filename Type Size Used Priority\n/var/swap file 1000 0 -2\n",
    "proc/1/comm": "systemd\n",
    "proc/9/comm": "irqbalance\n",
    "proc/sys/kernel/random/boot_id": "first\n",
    "run/keep": "",
}


class Recording(Host):
    """Notes every write."""

    written: list[tuple[str, str]]

    def write(self, path: str, value: str) -> None:
        self.written.append((path, value))
        super().write(path, value)


@pytest.fixture
def host(tmp_path: Path) -> Recording:
    plain = fake_host(tmp_path, BOARD, {STOP: says(""), START: says("")})

    class Board(Recording):
        written: list[tuple[str, str]] = []  # noqa: RUF012

    return Board(root=plain.root, runner=plain.runner, machine="x86_64", pointer_bits=64, wait=plain.wait)


def values(host: Host) -> dict[str, str | None]:
    return {path: host.text(path) for path in (GOVERNOR, MAXIMUM, HUGE, TURBO, SWAPPINESS)}


def test_settings_change_within_the_block_and_come_back_in_reverse_order(host: Recording) -> None:
    before, told = values(host), []
    with tuned(host, KNOBS, told.append):
        assert values(host) == {
            GOVERNOR: "performance",
            MAXIMUM: "1500000",
            HUGE: "madvise",
            TURBO: "1",
            SWAPPINESS: "1",
        }
        applied = list(host.written)
        host.written.clear()
    assert values(host) == before
    assert [path for path, _ in applied] == [MAXIMUM, GOVERNOR, TURBO, SWAPPINESS, HUGE]
    assert [path for path, _ in host.written] == [HUGE, SWAPPINESS, TURBO, GOVERNOR, MAXIMUM]
    assert [call for call in host.runner.calls if call.startswith("systemctl")] == [STOP, START]  # type: ignore
    assert told == []
    assert not StateFile(host).path.exists()


def test_an_exception_restores_too(host: Recording) -> None:
    before = values(host)
    with pytest.raises(ZeroDivisionError), tuned(host, KNOBS, print):
        1 / 0  # noqa: B018
    assert values(host) == before


def test_an_exception_while_changing_restores_what_was_changed(host: Recording) -> None:
    class Broken(type(KNOBS[0])):  # type: ignore
        def changes(self, host: Host) -> list[FileChange]:
            raise RuntimeError("a defect")

    before = values(host)
    with pytest.raises(RuntimeError), tuned(host, [*KNOBS, Broken()], print):
        raise AssertionError("never reached")
    assert values(host) == before


def test_a_knob_that_cannot_be_changed_is_told_and_the_others_go_on(host: Recording) -> None:
    told: list[str] = []
    with tuned(refusing(host, GOVERNOR), KNOBS, told.append):
        assert host.text(GOVERNOR) == "ondemand"
        assert host.text(HUGE) == "madvise"
    assert told == [f"CPU governor was not changed: /{GOVERNOR} cannot be set to performance: Permission denied"]


def test_a_knob_that_cannot_be_restored_is_told_with_the_command_and_kept_on_disk(host: Recording) -> None:
    told: list[str] = []
    with tuned(host, KNOBS, told.append) as tuning:
        tuning._host = refusing(host, GOVERNOR)
    assert host.text(GOVERNOR) == "performance"
    assert (host.text(HUGE), host.text(MAXIMUM)) == ("always", "1200000")
    assert told == [
        f"not restored: /{GOVERNOR} cannot be set to ondemand: Permission denied;"
        f" restore it by hand: echo ondemand | sudo tee /{GOVERNOR}"
    ]
    assert restore_left_over(host, told.append) == (1, True)
    assert host.text(GOVERNOR) == "ondemand"


def test_a_command_that_may_have_worked_is_undone(tmp_path: Path) -> None:
    host = fake_host(tmp_path, BOARD, {STOP: says("no answer", None), START: says("")})
    with tuned(host, KNOBS, lambda sentence: None):
        pass
    assert host.runner.calls[-1] == START  # type: ignore


def test_a_command_that_failed_is_not_undone(tmp_path: Path) -> None:
    host = fake_host(tmp_path, BOARD, {STOP: says("no such unit", 5)})
    with tuned(host, KNOBS, lambda sentence: None):
        pass
    assert START not in host.runner.calls  # type: ignore


def test_each_change_is_on_disk_before_it_is_made(host: Recording) -> None:
    class Checking(type(host)):  # type: ignore
        def write(self, path: str, value: str) -> None:
            assert any(getattr(change, "path", "") == path for change in StateFile(self).load())
            super().write(path, value)

    checking = Checking(root=host.root, runner=host.runner, machine="x86_64", pointer_bits=64, wait=host.wait)
    with tuned(checking, KNOBS, print):
        assert len(checking.written) == 5


def test_what_a_killed_run_left_is_restored_before_the_next_one(host: Recording) -> None:
    before, told = values(host), []
    leave_changed(host)
    with tuned(host, KNOBS, told.append):
        assert host.text(GOVERNOR) == "performance"
    assert values(host) == before
    assert told == ["restoring what an earlier --tune left behind"]


def test_restore_undoes_what_a_killed_run_left(host: Recording) -> None:
    before = values(host)
    leave_changed(host)
    assert restore_left_over(host, print) == (6, True)
    assert values(host) == before
    assert restore_left_over(host, print) == (0, True)


def leave_changed(host: Host) -> None:
    """As kill -9 would."""
    block = tuned(host, KNOBS, print)
    tuning = block.__enter__()
    kept = StateFile(host).path.read_bytes()
    changed = {change.path: change.after for change in tuning.changes if isinstance(change, FileChange)}
    block.__exit__(None, None, None)
    for path, value in changed.items():
        (host.root / path).write_text(value)
    StateFile(host).path.write_bytes(kept)


def test_a_second_tune_is_refused_while_one_is_active(host: Recording) -> None:
    with tuned(host, KNOBS, print):
        during = values(host)
        with pytest.raises(DoctorError, match="another pibench doctor --tune is active"), tuned(host, KNOBS, print):
            pass
        with pytest.raises(DoctorError, match="is active"):
            restore_left_over(host, print)
        assert values(host) == during


def test_a_full_disk_does_not_keep_settings_from_being_restored(
    host: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, told = values(host), []

    def full(self: StateFile, changes: object) -> None:
        raise OSError(28, "No space left on device")

    with tuned(host, KNOBS, told.append):
        monkeypatch.setattr(StateFile, "save", full)
    assert values(host) == before
    assert "No space left on device" in told[0]


def test_a_full_disk_keeps_settings_from_being_changed(host: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: StateFile, changes: object) -> None:
        raise OSError(28, "No space left on device")

    before = values(host)
    monkeypatch.setattr(StateFile, "save", full)
    with pytest.raises(DoctorError, match="No space left on device"), tuned(host, KNOBS, lambda sentence: None):
        pass
    assert values(host) == before
