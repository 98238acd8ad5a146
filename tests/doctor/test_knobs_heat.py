from __future__ import annotations

from pathlib import Path

import pytest
from fake_host import PC, PI3_PLUS, PI4, UNREADABLE, fake_host, says

from pibench.doctor.knobs import Battery, Temperature

ZONE = "sys/class/thermal/thermal_zone0"
ASK = "vcgencmd get_config temp_soft_limit"


@pytest.mark.parametrize(
    ("files", "verdict", "now"),
    [
        ({**PI4, f"{ZONE}/temp": "48312\n"}, "fine", "48 °C, limit 80 °C"),
        ({**PI4, f"{ZONE}/temp": "70000\n"}, "fine", "70 °C, limit 80 °C"),
        ({**PI4, f"{ZONE}/temp": "71000\n"}, "disturbs", "71 °C, limit 80 °C"),
        ({**PI3_PLUS, f"{ZONE}/temp": "55000\n"}, "disturbs", "55 °C, limit 60 °C"),
        ({**PC, f"{ZONE}/temp": "48000\n"}, "unknown", "48 °C"),
        (
            {f"{ZONE}/temp": "48000", f"{ZONE}/trip_point_0_type": "passive", f"{ZONE}/trip_point_0_temp": "95000"},
            "fine",
            "48 °C, limit 95 °C",
        ),
        (
            {f"{ZONE}/temp": "48000", f"{ZONE}/trip_point_0_type": "critical", f"{ZONE}/trip_point_0_temp": "95000"},
            "unknown",
            "48 °C",
        ),
        ({**PI4, f"{ZONE}/temp": "n/a"}, "unknown", "unknown"),
        ({**PI4, f"{ZONE}/temp": "-274000"}, "unknown", "unknown"),
        ({**PI4, f"{ZONE}/temp": "9999999"}, "unknown", "unknown"),
        ({**PI4, f"{ZONE}/temp": UNREADABLE}, "unknown", "unknown"),
        (PI4, "unknown", "unknown"),
    ],
)
def test_temperature(tmp_path: Path, files: dict[str, str], verdict: str, now: str) -> None:
    finding = Temperature().read(fake_host(tmp_path, files))
    assert (finding.verdict, finding.now) == (verdict, now)


@pytest.mark.parametrize(
    ("answer", "limit"), [("temp_soft_limit=70", "70"), ("temp_soft_limit=0", "80"), ("error=1", "80")]
)
def test_a_lower_limit_from_config_txt_counts(tmp_path: Path, answer: str, limit: str) -> None:
    host = fake_host(tmp_path, {**PI4, f"{ZONE}/temp": "40000"}, {ASK: says(answer)})
    assert Temperature().read(host).now == f"40 °C, limit {limit} °C"


@pytest.mark.parametrize(
    ("kind", "online", "verdict"),
    [("Mains", "1", "fine"), ("Mains", "0", "disturbs"), ("USB", "1", "fine"), ("Mains", "?", "unknown"),
     ("Battery", "1", "unknown")],
)  # fmt: skip
def test_mains(tmp_path: Path, kind: str, online: str, verdict: str) -> None:
    folder = "sys/class/power_supply/AC"
    host = fake_host(tmp_path, {f"{folder}/type": f"{kind}\n", f"{folder}/online": f"{online}\n"})
    assert (Battery().available(host), Battery().read(host).verdict) == (True, verdict)
    assert not Battery().available(fake_host(tmp_path / "none", {}))
