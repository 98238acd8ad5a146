from __future__ import annotations

from pathlib import Path

import pytest
from fake_host import PI4, fake_host, says

from pibench.doctor.knobs import Container, Desktop, IrqBalance, OtherWork, VirtualMachine

VM = "systemd-detect-virt --vm"
CONTAINER = "systemd-detect-virt --container"
X86 = "processor : 0\nvendor_id : GenuineIntel\nflags : fpu vme"


def stat(*totals: int) -> str:
    return f"cpu  {' '.join(map(str, totals))}\ncpu0 1 2 3\ncpu1 1 2 3\nintr 5\n"


@pytest.mark.parametrize(
    ("later", "verdict", "now"),
    [
        (stat(100, 0, 0, 1100, 0, 0, 0, 0, 0, 0), "fine", "0.0 of 2 cores busy"),
        (stat(112, 0, 5, 1085, 0, 0, 0, 0, 0, 0), "disturbs", "0.3 of 2 cores busy"),
        (stat(150, 20, 20, 1000, 0, 5, 5, 0, 0, 0), "disturbs", "2.0 of 2 cores busy"),
        (stat(100, 0, 0, 1000, 60, 0, 0, 40, 0, 0), "fine", "0.0 of 2 cores busy"),
        (stat(100, 0, 0, 1000, 0, 0, 0, 0, 0, 0), "unknown", "unknown"),
        (stat(100, 0), "unknown", "unknown"),
        ("cpu a b c d e f g h\n", "unknown", "unknown"),
        ("", "unknown", "unknown"),
    ],
)
def test_other_work_is_watched_for_a_moment(tmp_path: Path, later: str, verdict: str, now: str) -> None:
    path = tmp_path / "proc/stat"
    host = fake_host(
        tmp_path,
        {"proc/stat": stat(100, 0, 0, 1000, 0, 0, 0, 0, 0, 0)},
        wait=lambda seconds: path.write_text(later) and None,
    )
    finding = OtherWork().read(host)
    assert (finding.verdict, finding.now) == (verdict, now)


@pytest.mark.parametrize(
    ("files", "answer", "verdict", "now"),
    [
        ({}, "kvm", "disturbs", "kvm"),
        ({"proc/stat": stat(600, 0, 0, 350, 0, 0, 0, 50)}, "kvm", "disturbs", "kvm, 5.0% stolen so far"),
        ({"proc/cpuinfo": f"{X86} hypervisor"}, None, "disturbs", "yes"),
        ({"proc/cpuinfo": f"{X86} hypervisor"}, "none", "disturbs", "yes"),
        ({"sys/firmware/devicetree/base/hypervisor/compatible": "x"}, None, "disturbs", "yes"),
        ({"proc/cpuinfo": X86}, None, "fine", "no"),
        (PI4, None, "fine", "no"),
        ({}, "none", "fine", "no"),
        ({}, "what is this?", "unknown", "unknown"),
        ({}, None, "unknown", "unknown"),
    ],
)
def test_virtual_machine(tmp_path: Path, files: dict[str, str], answer: str | None, verdict: str, now: str) -> None:
    finding = VirtualMachine().read(fake_host(tmp_path, files, {VM: says(answer)} if answer else {}))
    assert (finding.verdict, finding.now) == (verdict, now)


@pytest.mark.parametrize(
    ("files", "answer", "verdict", "now"),
    [
        ({}, "lxc", "information", "lxc"),
        ({".dockerenv": ""}, "none", "information", "docker"),
        ({"run/.containerenv": ""}, None, "information", "podman"),
        ({}, "none", "fine", "none seen"),
        ({}, None, "fine", "none seen"),
    ],
)
def test_container(tmp_path: Path, files: dict[str, str], answer: str | None, verdict: str, now: str) -> None:
    finding = Container().read(fake_host(tmp_path, files, {CONTAINER: says(answer)} if answer else {}))
    assert (finding.verdict, finding.now) == (verdict, now)


def processes(*names: str) -> dict[str, str]:
    return {f"proc/{pid}/comm": f"{name}\n" for pid, name in enumerate(names, start=1)}


@pytest.mark.parametrize(
    ("files", "irqbalance", "desktop"),
    [
        (processes("systemd", "sshd"), "fine", "fine"),
        (processes("systemd", "irqbalance"), "disturbs", "fine"),
        (processes("systemd", "Xwayland", "labwc"), "fine", "disturbs"),
        ({"proc/57/comm": "python3\n"}, "unknown", "unknown"),
    ],
)
def test_services(tmp_path: Path, files: dict[str, str], irqbalance: str, desktop: str) -> None:
    host = fake_host(tmp_path, files)
    assert (IrqBalance().read(host).verdict, Desktop().read(host).verdict) == (irqbalance, desktop)


def test_irqbalance_is_stopped_and_started_but_a_desktop_is_left_alone(tmp_path: Path) -> None:
    host = fake_host(tmp_path, processes("systemd", "irqbalance", "Xorg"))
    finding = IrqBalance().read(host)
    assert finding.change == ("sudo systemctl stop irqbalance",)
    assert finding.undo == ("sudo systemctl start irqbalance",)
    assert finding.tunable
    desktop = Desktop().read(host)
    assert (desktop.now, desktop.tunable) == ("Xorg", False)
    assert desktop.change == ("sudo systemctl isolate multi-user.target",)
