from __future__ import annotations

import io
from pathlib import Path

import msgspec
import pytest
from fake_host import PI4, fake_host, policy, says
from rich.console import Console

from pibench.doctor import KNOBS, Diagnosis, Finding, diagnose, this_host
from pibench.doctor.change import FileChange
from pibench.doctor.state import StateFile
from pibench.doctor.table import show

HUGE = "sys/kernel/mm/transparent_hugepage/enabled"
STAT = {"proc/stat": "cpu  1 0 0 1 0 0 0 0 0 0\ncpu0 1\n"}


def shown(diagnosis: Diagnosis, width: int = 80) -> str:
    text = io.StringIO()
    show(diagnosis, Console(file=text, width=width))
    return text.getvalue()


def test_every_knob_has_its_name_title_and_one_sentence() -> None:
    assert len({knob.name for knob in KNOBS}) == len({knob.title for knob in KNOBS}) == len(KNOBS)
    for knob in KNOBS:
        assert knob.why.endswith(".")
        assert ". " not in knob.why
        assert len(knob.title) <= 16


def test_a_machine_that_tells_nothing_is_unknown_not_fine(tmp_path: Path) -> None:
    diagnosis = diagnose(fake_host(tmp_path, {}), KNOBS)
    fine = {finding.name for finding in diagnosis.findings if finding.verdict == "fine"}
    assert fine == {"container", "userland"}
    assert diagnosis.verdict == "fine"


def test_one_disturbance_is_enough(tmp_path: Path) -> None:
    diagnosis = diagnose(fake_host(tmp_path, policy("ondemand")), KNOBS)
    assert diagnosis.verdict == "disturbs"


def test_what_this_kind_of_machine_lacks_is_named(tmp_path: Path) -> None:
    assert "WiFi" in diagnose(fake_host(tmp_path / "pc", {}), KNOBS).absent
    assert "WiFi" not in diagnose(fake_host(tmp_path / "pi", PI4), KNOBS).absent


def test_a_diagnosis_goes_through_json(tmp_path: Path) -> None:
    diagnosis = diagnose(fake_host(tmp_path, {**PI4, **policy()}), KNOBS)
    assert msgspec.json.decode(msgspec.json.encode(diagnosis), type=Diagnosis) == diagnosis


def test_settings_left_changed_are_told_with_their_undoing(tmp_path: Path) -> None:
    host = fake_host(tmp_path, {"run/keep": ""})
    state = StateFile(host)
    with state.locked():
        state.save([FileChange("sys/x", "0", "1")])
        active = diagnose(host, ()).tuned
    left = diagnose(host, ()).tuned
    assert active is not None
    assert left is not None
    assert (active.is_active, left.is_active) == (True, False)
    assert left.undo == ("echo 0 | sudo tee /sys/x",)


def test_the_table_fits_80_columns_and_commands_stay_whole(tmp_path: Path) -> None:
    files = {**PI4, **STAT, HUGE: "[always] madvise never\n"}
    for cpu in range(4):
        files |= policy("ondemand", cpu)
    text = shown(diagnose(fake_host(tmp_path, files, {"vcgencmd get_throttled": says("throttled=0x50005")}), KNOBS))
    commands = [line for line in text.splitlines() if "tee" in line]
    assert any(line.count("scaling_governor") == 4 for line in commands)
    assert all(len(line) <= 80 for line in text.splitlines() if "tee" not in line)
    assert "CPU governor (--tune does it)" in text
    assert "now: throttled" in text
    assert "earlier: throttled" not in text
    assert "changes 2 of them while COMMAND runs" in text.replace("\n", "")


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_no_width_breaks_the_table(width: int) -> None:
    assert "CPU" in shown(diagnose(this_host(), KNOBS[1:]), width)


def test_odd_words_are_shown_as_they_are() -> None:
    finding = Finding(
        name="x", title="[red]", verdict="disturbs", now="[/bold]", why="Why.", note="[a", change=("[b]",)
    )
    text = shown(Diagnosis(verdict="disturbs", findings=(finding,), absent=(), tuned=None))
    assert all(word in text for word in ("[red]", "[/bold]", "[a", "[b]"))
    assert "1 setting disturbs timing here." in text


def test_a_quiet_machine_is_told_in_one_sentence() -> None:
    quiet = Diagnosis(verdict="fine", findings=(), absent=(), tuned=None)
    assert shown(quiet).strip().endswith("Nothing that is known disturbs timing here.")


def test_flags_of_the_past_are_explained(tmp_path: Path) -> None:
    text = shown(diagnose(fake_host(tmp_path, PI4, {"vcgencmd get_throttled": says("throttled=0x50000")}), KNOBS))
    assert "earlier: throttled" in text
    assert "Not now, but since the start" in text
