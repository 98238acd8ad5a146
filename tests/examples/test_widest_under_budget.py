"""examples/widest_under_budget.py, run as its readers run it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace
from sample_report import sample_report
from table_world import CONDITION, formula_table
from timed_results import timed

from pibench.models.architectures import build
from pibench.report import save as save_report
from pibench.table import LatencyTable, save

EXAMPLE = Path(__file__).parents[2] / "examples" / "widest_under_budget.py"
MEASURED = "wide_resnet:depth=22,width=16"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("table") / "pi3.table.json"
    save(formula_table([build("wide_resnet:depth=22,width=32")]), path)
    return path


def widest(table: Path, report: Path, budget_ms: float) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(EXAMPLE), str(report), str(table), str(budget_ms)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def report_of(table: Path, tmp_path: Path, slower: float) -> Path:
    """The board took so many times as long as the table says."""
    predicted_ns = LatencyTable.load(table).latency(build(MEASURED)).ms * 1e6
    result = timed(MEASURED, [[round(predicted_ns * slower)] * 2] * 3, CONDITION, kind="architecture")
    path = tmp_path / "pi3.json"
    save_report(replace(sample_report(), results=(result,), sessions=(), profile=None), path)
    return path


def predicted_ms(table: Path, width: int) -> float:
    return LatencyTable.load(table).latency(build(f"wide_resnet:depth=22,width={width}")).ms


def test_it_picks_the_widest_that_fits(table: Path, tmp_path: Path) -> None:
    budget_ms = (predicted_ms(table, 12) + predicted_ms(table, 13)) / 2
    assert widest(table, report_of(table, tmp_path, 1.0), budget_ms).stdout == "wide_resnet:depth=22,width=12\n"


def test_a_board_that_was_slower_than_its_table_gets_a_narrower_network(table: Path, tmp_path: Path) -> None:
    budget_ms = predicted_ms(table, 24) * 1.001
    exact = widest(table, report_of(table, tmp_path, 1.0), budget_ms).stdout
    slower = widest(table, report_of(table, tmp_path, 1.5), budget_ms).stdout
    assert exact == "wide_resnet:depth=22,width=24\n"
    assert int(slower.rpartition("=")[2]) < 24


def test_a_budget_that_nothing_fits_is_told(table: Path, tmp_path: Path) -> None:
    done = widest(table, report_of(table, tmp_path, 1.0), 1e-6)
    assert done.returncode == 1
    assert done.stderr == "no width fits 1e-06 ms: give more time, or fewer layers\n"


def test_a_report_that_tells_nothing_of_such_networks_is_refused(table: Path, tmp_path: Path) -> None:
    file = timed("models/wide_resnet.tflite", [[1000]] * 3, CONDITION)
    path = tmp_path / "other.json"
    subject = replace(file.subject, kind="file")
    save_report(replace(sample_report(), results=(replace(file, subject=subject),), sessions=(), profile=None), path)
    done = widest(table, path, 10.0)
    assert done.returncode == 1
    assert "has no trusted wide_resnet under the table's condition" in done.stderr
    assert done.stderr.count("\n") == 1
