from __future__ import annotations

import io
from pathlib import Path

import msgspec
import pytest
from rich.console import Console
from saved_reports import NET, net, saved, untrusted

from pibench.cli.history_results import curve, show_history
from pibench.cli.main import run
from pibench.history import History, history_of
from pibench.history.series import entries_of
from pibench.report import Condition, Report, save

MS = 1_000_000


def nights() -> list[Report]:
    """Two networks for nine nights; the kernel is another one from the sixth on, and one gets slower."""
    return [
        saved(
            net((1.2 if day > 5 else 1) * MS),
            (untrusted if day == 3 else lambda result: result)(net(2 * MS, "other", Condition(threads=2))),
            created=f"2026-11-0{day}T03:00:00+00:00",
            kernel="6.13" if day > 5 else "6.12",
        )
        for day in range(1, 10)
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for k, report in enumerate(nights()):
        save(report, tmp_path / f"{k}.json")
    return tmp_path


def made(reports: list[Report]) -> History:
    return history_of([entry for report in reports for entry in entries_of(report, "a.json")], len(reports))


def shown(width: int) -> str:
    output = io.StringIO()
    show_history(made(nights()), Console(file=output, width=width))
    return output.getvalue()


def test_each_series_has_its_curve_its_latest_figure_and_its_step(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "foreign.json").write_text("{}")
    assert run(["history", str(folder)]) == 0
    told = " ".join(capsys.readouterr().out.split())
    for part in (
        "Raspberry Pi 3 Model B Rev 1.2, Cortex-A53: 4 cores, memory up to 1 GiB, 1.2 GHz; median of each process",
        "▁▁▁▁▁│████ 1.2000 ±0.1 % +0.0 ±",
        f"STEP 2026-11-06T03:00:00+00:00 {NET} 1 thread: 1.000 → 1.200 ms, × 1.200",
        "5 runs before, 4 since)",
        "changed beside it: kernel: 6.12 → 6.13",
        "runs differ by ±0.0 % beyond their processes: pibench compare --between-runs 0",
        "reports: 9; files passed over: 1",
        "foreign.json is not a pibench report",
    ):
        assert part in told
    assert told.count("STEP") == 1


def test_json_is_the_typed_history(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["history", str(folder), "--json"]) == 0
    found = msgspec.json.decode(capsys.readouterr().out, type=History)
    assert [len(series.points) for series in found.series] == [9, 9]
    assert found.series[0].steps[0].changes == ("kernel: 6.12 → 6.13",)


@pytest.mark.parametrize("width", [60, 79, 100])
def test_narrow_terminals_lose_no_figure(width: int) -> None:
    told = shown(width)
    assert max(map(len, told.splitlines())) <= width
    for part in ("1.2000 ±0.1 %", "trusted", "STEP"):
        assert part in told


def test_untrusted_runs_are_dim_in_the_curve_and_a_long_one_shows_the_latest() -> None:
    other = made(nights()).series[1]
    assert [span.style for span in curve(other, 40).spans].count("dim") == 1
    assert len(curve(made(nights()).series[0], 8)) == 8
    assert curve(made(nights()).series[0], 40, ascii_only=True).plain == ".....|####"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [([], "Missing argument"), (["none"], "none does not exist"), (["{folder}"], "no pibench report in")],
)
def test_without_any_report_it_is_one_sentence_and_exit_code_2(
    arguments: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["history", *(one.format(folder=tmp_path) for one in arguments)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert sentence in told.err
