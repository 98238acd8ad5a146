from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from fake_host import fake_host, refusing, says

from pibench.doctor.change import Change, CommandChange, FileChange, change_commands, undo_commands
from pibench.doctor.errors import ChangeError

HUGE = "sys/kernel/mm/transparent_hugepage/enabled"
GOVERNOR = "sys/devices/system/cpu/cpufreq/policy0/scaling_governor"
STOP = CommandChange(("systemctl", "stop", "irqbalance"), ("systemctl", "start", "irqbalance"))


def test_a_file_is_set_and_put_back(tmp_path: Path) -> None:
    host = fake_host(tmp_path, {GOVERNOR: "ondemand\n"})
    change = FileChange(GOVERNOR, "ondemand", "performance")
    change.apply(host)
    assert (tmp_path / GOVERNOR).read_text() == "performance"
    change.restore(host)
    assert (tmp_path / GOVERNOR).read_text() == "ondemand"


def test_a_refused_write_is_told_and_certainly_changed_nothing(tmp_path: Path) -> None:
    host = refusing(fake_host(tmp_path, {GOVERNOR: "ondemand\n"}), GOVERNOR)
    with pytest.raises(ChangeError, match=f"/{GOVERNOR} cannot be set to performance: Permission denied") as caught:
        FileChange(GOVERNOR, "ondemand", "performance").apply(host)
    assert not caught.value.is_uncertain


def test_a_setting_that_is_gone_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(ChangeError, match="No such file"):
        FileChange(GOVERNOR, "ondemand", "performance").apply(fake_host(tmp_path, {}))
    assert not (tmp_path / GOVERNOR).exists()


def test_a_value_that_does_not_stick_is_told(tmp_path: Path) -> None:
    host = fake_host(tmp_path, {HUGE: "[always] madvise never"})

    class Stubborn(type(host)):  # type: ignore
        def write(self, path: str, value: str) -> None:
            pass

    stubborn = Stubborn(root=host.root, runner=host.runner, machine="", pointer_bits=64)
    with pytest.raises(ChangeError, match="was set to madvise but says always"):
        FileChange(HUGE, "always", "madvise").apply(stubborn)


@pytest.mark.parametrize(
    ("answer", "sentence", "is_uncertain"),
    [
        (None, "systemctl is not installed", False),
        (says("Unit not found.", 5), "systemctl stop irqbalance: Unit not found.", False),
        (says("", 1), "failed with code 1", False),
        (says("no answer within 60 s", None), "no answer", True),
    ],
)
def test_a_command_that_fails_is_told(tmp_path: Path, answer: object, sentence: str, is_uncertain: bool) -> None:
    host = fake_host(tmp_path, {}, {"systemctl stop irqbalance": answer} if answer else {})  # type: ignore
    with pytest.raises(ChangeError, match=sentence) as caught:
        STOP.apply(host)
    assert caught.value.is_uncertain == is_uncertain


def test_commands_for_people_share_a_line_where_the_value_is_the_same() -> None:
    changes: list[Change] = [FileChange("sys/a", "x", "z"), FileChange("sys/b c", "y", "z"), STOP]
    assert change_commands(changes) == ("echo z | sudo tee /sys/a '/sys/b c'", "sudo systemctl stop irqbalance")
    assert undo_commands(changes) == (
        "sudo systemctl start irqbalance",
        "echo y | sudo tee '/sys/b c'",
        "echo x | sudo tee /sys/a",
    )


@pytest.mark.parametrize(
    ("change", "plausible"),
    [
        (FileChange("sys/x", "0", "1"), True),
        (FileChange("proc/sys/vm/swappiness", "0", "1"), True),
        (FileChange("etc/shadow", "0", "1"), False),
        (FileChange("/sys/x", "0", "1"), False),
        (FileChange("sys/../etc/shadow", "0", "1"), False),
        (STOP, True),
        (CommandChange(("systemctl",), ("rm", "-rf", "/")), False),
        (CommandChange((), ()), False),
    ],
)
def test_only_what_pibench_itself_would_do_is_plausible(change: Change, plausible: bool) -> None:
    assert change.is_plausible == plausible
    assert msgspec.json.decode(msgspec.json.encode(change), type=Change) == change
