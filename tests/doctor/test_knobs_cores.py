from __future__ import annotations

from pathlib import Path

import pytest
from fake_host import CPU, UNREADABLE, fake_host

from pibench.doctor.knobs import CpuQuota, IsolatedCpus, RealTimeLimit, SmtSiblings

RT = "proc/sys/kernel/sched_rt_runtime_us"


@pytest.mark.parametrize(
    ("files", "verdict"),
    [
        ({f"{CPU}/smt/active": "1\n"}, "disturbs"),
        ({f"{CPU}/smt/active": "0\n"}, "fine"),
        ({f"{CPU}/smt/active": "perhaps\n"}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_smt(tmp_path: Path, files: dict[str, str], verdict: str) -> None:
    finding = SmtSiblings().read(fake_host(tmp_path, files))
    assert (finding.verdict, finding.tunable) == (verdict, False)
    assert bool(finding.change) == bool(finding.undo) == (verdict == "disturbs")


@pytest.mark.parametrize(
    ("files", "verdict", "now"),
    [
        ({f"{CPU}/isolated": "\n"}, "information", "none"),
        ({f"{CPU}/isolated": "2-3\n"}, "information", "2-3; tickless none"),
        ({f"{CPU}/isolated": "2,3\n", f"{CPU}/nohz_full": "3\n"}, "information", "2,3; tickless 3"),
        ({f"{CPU}/isolated": "3\n", f"{CPU}/nohz_full": "  (null)\n"}, "information", "3; tickless none"),
        ({f"{CPU}/isolated": "three\n"}, "unknown", "unknown"),
        ({f"{CPU}/isolated": UNREADABLE}, "unknown", "unknown"),
        ({}, "unknown", "unknown"),
    ],
)
def test_isolated_cores_are_information(tmp_path: Path, files: dict[str, str], verdict: str, now: str) -> None:
    finding = IsolatedCpus().read(fake_host(tmp_path, files))
    assert (finding.verdict, finding.now) == (verdict, now)


@pytest.mark.parametrize(
    ("files", "verdict", "now"),
    [
        ({}, "unknown", "unknown"),
        ({"proc/self/cgroup": "0::/\n"}, "fine", "none"),
        ({"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/cpu.max": "max 100000\n"}, "fine", "none"),
        ({"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/cpu.max": "50000 100000\n"}, "disturbs", "0.5 cores"),
        (
            {
                "proc/self/cgroup": "0::/a/b\n",
                "sys/fs/cgroup/a/b/cpu.max": "300000 100000\n",
                "sys/fs/cgroup/a/cpu.max": "150000 100000\n",
            },
            "disturbs",
            "1.5 cores",
        ),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "nonsense\n"}, "fine", "none"),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "5 0\n"}, "fine", "none"),
        (
            {
                "proc/self/cgroup": "4:cpu,cpuacct:/x\n",
                "sys/fs/cgroup/cpu/x/cpu.cfs_quota_us": "200000\n",
                "sys/fs/cgroup/cpu/x/cpu.cfs_period_us": "100000\n",
            },
            "disturbs",
            "2 cores",
        ),
        (
            {
                "proc/self/cgroup": "4:cpu:/\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            "fine",
            "none",
        ),
    ],
)
def test_the_tightest_quota_around_this_process_counts(
    tmp_path: Path, files: dict[str, str], verdict: str, now: str
) -> None:
    finding = CpuQuota().read(fake_host(tmp_path, files))
    assert (finding.verdict, finding.now) == (verdict, now)


@pytest.mark.parametrize(
    ("value", "verdict", "now"),
    [
        ("950000", "information", "95% of the time"),
        ("-1", "information", "no limit"),
        ("much", "unknown", "unknown"),
        (None, "unknown", "unknown"),
    ],
)
def test_the_real_time_limit_is_information(tmp_path: Path, value: str | None, verdict: str, now: str) -> None:
    finding = RealTimeLimit().read(fake_host(tmp_path, {} if value is None else {RT: value}))
    assert (finding.verdict, finding.now, finding.tunable) == (verdict, now, False)
    if value == "950000":
        assert finding.undo == ("sudo sysctl kernel.sched_rt_runtime_us=950000",)
