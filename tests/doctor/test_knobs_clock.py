from __future__ import annotations

from pathlib import Path

import pytest
from fake_host import CPU, PC, PI4, PI5, POLICY, UNREADABLE, fake_host, policy

from pibench.doctor.knobs import CpufreqBoost, FrequencyLimits, Governor, IntelTurbo, LowClock


@pytest.mark.parametrize(
    ("files", "verdict", "now"),
    [
        (policy("performance"), "fine", "performance"),
        (policy("ondemand"), "disturbs", "ondemand"),
        ({**policy("performance"), **policy("schedutil", 4)}, "disturbs", "schedutil"),
        ({**policy("ondemand"), **policy("schedutil", 4)}, "disturbs", "ondemand, schedutil"),
        (policy("ondemand", low=1500), "fine", "ondemand"),
        ({}, "unknown", "unknown"),
        (policy("\x07%!"), "unknown", "unknown"),
        (policy(""), "unknown", "unknown"),
        ({f"{POLICY}/scaling_governor": UNREADABLE}, "unknown", "unknown"),
        ({f"{POLICY}/scaling_min_freq": "600000"}, "unknown", "unknown"),
        ({**policy("ondemand"), **policy("?", 4)}, "disturbs", "ondemand"),
        ({**policy("performance"), **policy("?", 4)}, "unknown", "unknown"),
    ],
)
def test_governor(tmp_path: Path, files: dict[str, str], verdict: str, now: str) -> None:
    finding = Governor().read(fake_host(tmp_path, files))
    assert (finding.verdict, finding.now) == (verdict, now)


@pytest.mark.parametrize(
    ("files", "note"),
    [
        ({}, "this kernel has no cpufreq"),
        (policy("?"), f"/{POLICY}/scaling_governor makes no sense"),
        ({f"{POLICY}/scaling_governor": UNREADABLE}, f"/{POLICY}/scaling_governor is not readable"),
        ({f"{POLICY}/scaling_min_freq": "1"}, f"this kernel has no /{POLICY}/scaling_governor"),
    ],
)
def test_an_unknown_governor_says_why(tmp_path: Path, files: dict[str, str], note: str) -> None:
    assert Governor().read(fake_host(tmp_path, files)).note == note


def test_the_governor_is_changed_and_undone_by_exact_commands(tmp_path: Path) -> None:
    files = {**policy("ondemand"), **policy("ondemand", 10), **policy("powersave", 2)}
    finding = Governor().read(fake_host(tmp_path, files))
    paths = [f"/{CPU}/cpufreq/policy{k}/scaling_governor" for k in (0, 2, 10)]
    assert finding.tunable
    assert finding.change == (f"echo performance | sudo tee {' '.join(paths)}",)
    assert finding.undo == (
        f"echo ondemand | sudo tee {paths[2]}",
        f"echo powersave | sudo tee {paths[1]}",
        f"echo ondemand | sudo tee {paths[0]}",
    )


def test_a_governor_that_is_not_offered_is_not_asked_for(tmp_path: Path) -> None:
    files = {**policy("ondemand"), f"{POLICY}/scaling_available_governors": "ondemand powersave\n"}
    finding = Governor().read(fake_host(tmp_path, files))
    assert (finding.verdict, finding.tunable, finding.change) == ("disturbs", False, ())


def test_old_kernels_keep_the_governor_per_core(tmp_path: Path) -> None:
    finding = Governor().read(fake_host(tmp_path, {f"{CPU}/cpu0/cpufreq/scaling_governor": "powersave\n"}))
    assert (finding.verdict, finding.now) == ("disturbs", "powersave")


def test_the_speed_of_the_userspace_governor_is_kept(tmp_path: Path) -> None:
    host = fake_host(tmp_path, {**policy("userspace"), f"{POLICY}/scaling_setspeed": "900000\n"})
    assert [(c.path.rpartition("/")[2], c.before) for c in Governor().changes(host)] == [
        ("scaling_setspeed", "900000"),
        ("scaling_governor", "userspace"),
    ]


def test_performance_without_effect_on_a_pi_is_written_again(tmp_path: Path) -> None:
    slow = {**policy("performance"), f"{POLICY}/scaling_cur_freq": "600000\n"}
    finding = Governor().read(fake_host(tmp_path / "pi", {**PI4, **slow}))
    assert finding.verdict == "disturbs"
    assert "600 of 1500 MHz" in (finding.note or "")
    assert "#1469" in (finding.note or "")
    assert finding.change == (f"echo performance | sudo tee /{POLICY}/scaling_governor",)
    assert Governor().read(fake_host(tmp_path / "pc", {**PC, **slow})).verdict == "fine"


@pytest.mark.parametrize(
    ("files", "verdict", "now"),
    [
        (policy(), "fine", "600–1500 of 1500 MHz"),
        (policy(high=1200), "disturbs", "600–1200 of 1500 MHz"),
        (policy(low=1200, high=1200), "information", "1200–1200 of 1500 MHz"),
        ({}, "unknown", "unknown"),
        ({**policy(), f"{POLICY}/scaling_max_freq": "fast"}, "unknown", "unknown"),
        ({**policy(), f"{POLICY}/scaling_min_freq": "0"}, "unknown", "unknown"),
        ({**policy(), f"{CPU}/cpufreq/policy4/scaling_max_freq": "1"}, "unknown", "600–1500 of 1500 MHz"),
    ],
)
def test_frequency_limits(tmp_path: Path, files: dict[str, str], verdict: str, now: str) -> None:
    finding = FrequencyLimits().read(fake_host(tmp_path, files))
    assert (finding.verdict, finding.now) == (verdict, now)


def test_only_a_lowered_maximum_is_raised(tmp_path: Path) -> None:
    host = fake_host(tmp_path, {**policy(high=1200), **policy(cpu=4), **policy(cpu=6, low=900, high=900)})
    (change,) = FrequencyLimits().changes(host)
    assert change == type(change)(f"{POLICY}/scaling_max_freq", "1200000", "1500000")


@pytest.mark.parametrize(
    ("low", "verdict"),
    [(600, "fine"), (350, "fine"), (300, "disturbs"), (100, "disturbs")],
)
def test_a_clock_floor_at_which_the_timer_itself_is_slow(tmp_path: Path, low: int, verdict: str) -> None:
    host = fake_host(tmp_path, {**PI4, **policy(low=low)})
    assert LowClock().available(host)
    assert LowClock().read(host).verdict == verdict


def test_the_floor_is_raised_to_the_lowest_safe_clock_that_is_offered(tmp_path: Path) -> None:
    offered = {f"{POLICY}/scaling_available_frequencies": "100000 300000 400000 junk 600000 9000000\n"}
    (change,) = LowClock().changes(fake_host(tmp_path / "a", {**PI4, **policy(low=100), **offered}))
    assert (change.before, change.after) == ("100000", "400000")
    assert LowClock().changes(fake_host(tmp_path / "b", {**PI4, **policy(low=100)})) == []
    assert LowClock().changes(fake_host(tmp_path / "c", {**PI4, **policy(low=600), **offered})) == []


def test_the_clock_floor_concerns_the_bcm2711_only(tmp_path: Path) -> None:
    assert not LowClock().available(fake_host(tmp_path / "pi5", PI5))
    assert not LowClock().available(fake_host(tmp_path / "pc", PC))
    assert LowClock().read(fake_host(tmp_path / "pi4", PI4)).verdict == "unknown"


@pytest.mark.parametrize(
    ("knob", "value", "verdict"),
    [
        (IntelTurbo(), "0", "disturbs"),
        (IntelTurbo(), "1", "fine"),
        (IntelTurbo(), "2", "unknown"),
        (IntelTurbo(), "", "unknown"),
        (CpufreqBoost(), "1", "disturbs"),
        (CpufreqBoost(), "0", "fine"),
        (CpufreqBoost(), "yes", "unknown"),
    ],
)
def test_boost(tmp_path: Path, knob: IntelTurbo | CpufreqBoost, value: str, verdict: str) -> None:
    host = fake_host(tmp_path, {knob.path: f"{value}\n"})
    finding = knob.read(host)
    assert (knob.available(host), finding.verdict) == (True, verdict)
    assert finding.tunable == bool(finding.change) == (verdict == "disturbs")
    assert not knob.available(fake_host(tmp_path / "none", {}))
