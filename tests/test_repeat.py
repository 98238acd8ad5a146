"""The statistics of benchmarks/repeat.py, and that it runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from repeat_aa import welch_ratio
from repeat_levels import Row, error_sd
from repeat_setting import at_least, at_most, percentiles

from pibench.stats._distributions import binomial_cdf

SCRIPT = Path(__file__).parent.parent / "benchmarks" / "repeat.py"


@pytest.mark.parametrize(("found", "tried"), [(0, 200), (4, 200), (10, 200), (59, 60)])
def test_above_the_upper_bound_so_few_would_be_seen_in_5_percent_of_runs_only(found: int, tried: int) -> None:
    assert binomial_cdf(tried, at_most(found, tried))[found] == pytest.approx(0.05, abs=1e-4)


def test_the_bounds_of_a_share_mirror_each_other() -> None:
    assert at_most(60, 60) == 1
    assert at_least(0, 60) == 0
    assert at_least(58, 60) == pytest.approx(1 - at_most(2, 60))


def test_zero_of_sixty_may_still_be_5_percent() -> None:
    assert at_most(0, 60) == pytest.approx(0.0487, abs=1e-4)


def test_welch_calls_normal_samples_different_as_often_as_promised() -> None:
    rng = np.random.default_rng(0)
    called = 0
    for _ in range(1000):
        ratio = welch_ratio(rng.normal(100, 1, 40), rng.normal(100, 5, 60))
        called += not ratio.low <= 1 <= ratio.high
    assert 0.03 <= called / 1000 <= 0.07


def test_errors_are_shown_without_their_sign() -> None:
    assert percentiles([-0.02, 0.01, 0.0]) == ("1.00%", "1.90%", "2.00%")


def test_only_more_processes_help_where_processes_differ() -> None:
    row = Row(model="net", process=0.01, instance=0.0, pair=0.0, pairs_per_s=200)
    assert error_sd(row, 4, 1, 1.0) == error_sd(row, 4, 8, 1.0) == pytest.approx(0.005)
    assert error_sd(row, 16, 1, 1.0) == pytest.approx(0.0025)


@pytest.mark.slow
def test_each_table_is_shown_and_every_row_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "repeat.json"
    command = [
        sys.executable,
        SCRIPT,
        "--only",
        "aa,power,levels",
        "--aa-comparisons",
        "1",
        "--power-comparisons",
        "1",
        "--seconds",
        "0.1",
    ]
    command += ["--level-processes", "2"]
    done = subprocess.run([*command, "-o", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "A/A" in done.stdout
    tables = json.loads(path.read_bytes())["tables"]
    assert [row["way"] for row in tables["aa"]] == ["blocked", "interleaved"]
    assert len(tables["levels"]) == 7
    assert [row["asked"] for row in tables["power"]] == [0.03, 0.02, 0.01, 0.0]


def test_an_unknown_table_is_told() -> None:
    done = subprocess.run([sys.executable, SCRIPT, "--only", "aa,tea"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "there is no table tea" in done.stderr
