from __future__ import annotations

from pathlib import Path

import pytest
from fake_host import PC, PI4, PI5, UNREADABLE, fake_host, says

from pibench.device.runner import Completed
from pibench.doctor.knob import Knob
from pibench.doctor.knobs import Bluetooth, BoardSupply, FirmwareFlags, UnderVoltage, Wifi

ASK = "vcgencmd get_throttled"
SYSFS = "sys/devices/platform/soc/soc:firmware/get_throttled"
SUPPLY = "sys/firmware/devicetree/base/chosen/power/max_current"
HWMON = "sys/class/hwmon/hwmon1"


@pytest.mark.parametrize("knob", [FirmwareFlags(), UnderVoltage(), BoardSupply(), Wifi(), Bluetooth()])
def test_only_a_pi_has_these(tmp_path: Path, knob: Knob) -> None:
    assert knob.available(fake_host(tmp_path / "pi", PI4))
    assert not knob.available(fake_host(tmp_path / "pc", PC))


@pytest.mark.parametrize(
    ("flags", "throttling", "voltage"),
    [
        (0x0, ("fine", "none since the start"), ("fine", "none since the start")),
        (0x1, ("fine", "none since the start"), ("disturbs", "now")),
        (0x2, ("disturbs", "now: clock capped"), ("fine", "none since the start")),
        (0x4, ("disturbs", "now: throttled"), ("fine", "none since the start")),
        (0x8, ("disturbs", "now: soft temperature limit"), ("fine", "none since the start")),
        (0x10000, ("fine", "none since the start"), ("information", "earlier, not now")),
        (0x20000, ("information", "earlier: clock capped"), ("fine", "none since the start")),
        (0x40000, ("information", "earlier: throttled"), ("fine", "none since the start")),
        (0x80000, ("information", "earlier: soft temperature limit"), ("fine", "none since the start")),
        (0x50005, ("disturbs", "now: throttled"), ("disturbs", "now")),
        (0xE0006, ("disturbs", "now: clock capped, throttled"), ("fine", "none since the start")),
        (0xF0000, ("information", "earlier: clock capped, throttled, soft temperature limit"),
         ("information", "earlier, not now")),
    ],
)  # fmt: skip
def test_live_and_sticky_flags_are_told_apart(
    tmp_path: Path, flags: int, throttling: tuple[str, str], voltage: tuple[str, str]
) -> None:
    host = fake_host(tmp_path, PI4, {ASK: says(f"throttled={flags:#x}")})
    for knob, expected in ((FirmwareFlags(), throttling), (UnderVoltage(), voltage)):
        finding = knob.read(host)
        assert (finding.verdict, finding.now) == expected


NONSENSE = [
    (None, "vcgencmd is not installed"),
    (says("VCHI initialization failed", 255), "vcgencmd says: VCHI initialization failed"),
    (says("throttled=0x50005", 1), "vcgencmd says: throttled=0x50005"),
    (says(""), "vcgencmd says: nothing"),
    (says("throttled=0x"), "vcgencmd says: throttled=0x"),
    (says("throttled=maybe"), "vcgencmd says: throttled=maybe"),
    (says("throttled=0x123456789"), "vcgencmd says: throttled=0x123456789"),
    (says("no answer within 5 s", None), "vcgencmd says: no answer within 5 s"),
]


@pytest.mark.parametrize(("answer", "note"), NONSENSE)
@pytest.mark.parametrize("knob", [FirmwareFlags(), UnderVoltage()])
def test_without_a_sound_answer_the_flags_are_unknown(
    tmp_path: Path, knob: Knob, answer: Completed | None, note: str
) -> None:
    finding = knob.read(fake_host(tmp_path, PI4, {ASK: answer} if answer else {}))
    assert (finding.verdict, finding.note) == ("unknown", note)


@pytest.mark.parametrize(("answer", "note"), NONSENSE)
def test_the_kernels_file_speaks_where_vcgencmd_does_not(tmp_path: Path, answer: Completed | None, note: str) -> None:
    host = fake_host(tmp_path, {**PI4, SYSFS: "80004\n"}, {ASK: answer} if answer else {})
    assert FirmwareFlags().read(host).now == "now: throttled"


@pytest.mark.parametrize(
    ("alarm", "name", "verdict"),
    [("0", "rpi_volt", "fine"), ("1", "rpi_volt", "disturbs"), ("?", "rpi_volt", "unknown"), ("1", "other", "unknown")],
)
def test_the_voltage_monitor_speaks_where_the_firmware_does_not(
    tmp_path: Path, alarm: str, name: str, verdict: str
) -> None:
    files = {f"{HWMON}/name": f"{name}\n", f"{HWMON}/in0_lcrit_alarm": f"{alarm}\n", SYSFS: "nonsense"}
    assert UnderVoltage().read(fake_host(tmp_path, {**PI4, **files})).verdict == verdict


@pytest.mark.parametrize(
    ("data", "verdict", "now"),
    [
        (b"\x00\x00\x13\x88", "fine", "5000 mA"),
        (b"\x00\x00\x0b\xb8", "information", "3000 mA"),
        (b"\x00\x00\x00\x00", "unknown", "unknown"),
        (b"3000", "unknown", "unknown"),
        (b"12", "unknown", "unknown"),
        (None, "unknown", "unknown"),
    ],
)
def test_supply(tmp_path: Path, data: bytes | None, verdict: str, now: str) -> None:
    host = fake_host(tmp_path, PI5)
    if data is not None:
        path = tmp_path / SUPPLY
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
    finding = BoardSupply().read(host)
    assert (finding.verdict, finding.now) == (verdict, now)


def radio(number: int, kind: str, soft: str, hard: str = "0") -> dict[str, str]:
    folder = f"sys/class/rfkill/rfkill{number}"
    return {f"{folder}/type": f"{kind}\n", f"{folder}/soft": soft, f"{folder}/hard": hard}


@pytest.mark.parametrize(
    ("files", "wifi", "bluetooth"),
    [
        ({}, "unknown", "unknown"),
        ({**radio(0, "bluetooth", "0\n"), **radio(1, "wlan", "0\n")}, "disturbs", "disturbs"),
        ({**radio(0, "bluetooth", "1\n"), **radio(1, "wlan", "0\n")}, "disturbs", "fine"),
        (radio(0, "wlan", "0\n", hard="1\n"), "fine", "fine"),
        (radio(0, "wlan", "?\n"), "unknown", "fine"),
        (radio(0, "wlan", UNREADABLE), "unknown", "fine"),
    ],
)
def test_radios(tmp_path: Path, files: dict[str, str], wifi: str, bluetooth: str) -> None:
    host = fake_host(tmp_path, {**PI4, **files})
    assert (Wifi().read(host).verdict, Bluetooth().read(host).verdict) == (wifi, bluetooth)


def test_a_radio_is_never_switched_off_by_tune(tmp_path: Path) -> None:
    host = fake_host(tmp_path, {**PI4, **radio(0, "wlan", "0\n")})
    finding = Wifi().read(host)
    assert finding.change == ("sudo rfkill block wifi",)
    assert finding.undo == ("sudo rfkill unblock wifi",)
    assert not finding.tunable
    assert not Wifi().changes(host)
