"""``pibench pareto``."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from msgspec.structs import replace
from pareto_world import LARGE, MIDDLE, SMALL, evaluated, latency, write_report, write_run, write_world
from saved_reports import untrusted

from pibench.cli.main import run
from pibench.models.recipes import load_recipe
from pibench.report import Condition


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Runs and a report in the current folder."""
    monkeypatch.chdir(tmp_path)
    write_world(tmp_path / "runs")
    write_report(tmp_path / "pi3.json")
    return tmp_path


@pytest.mark.usefixtures("world")
def test_without_an_output_the_fronts_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["pareto", "runs", "pi3.json"]) == 0
    shown = capsys.readouterr().out
    assert "Raspberry Pi 3 Model B Rev 1.2, 64-bit Raspberry Pi OS, litert 2.3.0, 1 thread" in shown
    assert f"1. {SMALL}" in shown
    assert "12.03 ± 0.15" in shown
    assert f"dominated by {MIDDLE}" in shown
    assert "2 of 3 surely on the front, 0 perhaps, 1 surely dominated." in shown
    assert "Runs differ by a standard deviation of 0.15 % (4 degrees of freedom)" in shown


@pytest.mark.usefixtures("world")
def test_reports_may_come_first_and_runs_be_named_one_by_one(capsys: pytest.CaptureFixture[str]) -> None:
    runs = sorted(str(path) for path in Path("runs").iterdir())
    assert run(["pareto", "pi3.json", *runs, "pi3.json", runs[0]]) == 0
    assert "2 of 3 surely on the front" in capsys.readouterr().out


@pytest.mark.usefixtures("world")
def test_rows_have_units_in_their_names_and_the_thesis_only_if_asked_for() -> None:
    assert run(["pareto", "runs", "pi3.json", "-o", "own.csv"]) == 0
    own = rows(Path("own.csv"))
    assert [(row["network"], row["standing"], row["dominated_by"]) for row in own] == [
        (SMALL, "front", ""),
        (MIDDLE, "front", ""),
        (LARGE, "dominated", MIDDLE),
    ]
    assert float(own[0]["latency_low_ms"]) < float(own[0]["latency_ms"]) < float(own[0]["latency_high_ms"])
    assert (own[0]["error_source"], own[0]["runs"], own[0]["report"]) == ("test", "3", "pi3.json")
    assert run(["pareto", "runs", "pi3.json", "--thesis", "-o", "all.csv"]) == 0
    everything = rows(Path("all.csv"))
    assert everything[:3] == own
    reference = everything[3:]
    assert len(reference) == 50
    assert {(row["standing"], row["device"], row["runtime_version"]) for row in reference} == {
        ("reference", "Raspberry Pi 3B", "1.13")
    }
    assert {row["dominated_probability"] + row["latency_low_ms"] for row in reference} == {""}


@pytest.mark.usefixtures("world")
def test_markdown_has_a_table_for_each_front_and_says_what_the_thesis_latencies_are() -> None:
    write_report(Path("pi4.json"), [latency(SMALL, 0.4), latency("shufflenet_v2", 1)], board="Pi | 4")
    assert run(["pareto", "runs", "pi3.json", "pi4.json", "--thesis", "-o", "a.md"]) == 0
    text = Path("a.md").read_text()
    assert "**Pi \\| 4, 64-bit Raspberry Pi OS, litert 2.3.0, 1 thread**: 1 of 1 surely on the front" in text
    assert "- trained and not timed (Pi \\| 4, 64-bit Raspberry Pi OS, litert 2.3.0, 1 thread): " in text
    assert "- timed and not trained: shufflenet\\_v2" in text
    assert "no pibench measured them, they have no intervals" in text
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    tables = {line.count(" | ") for line in rows}
    assert tables == {9, 3}


@pytest.mark.usefixtures("world")
def test_an_untrusted_latency_is_told_and_is_exit_code_3(capsys: pytest.CaptureFixture[str]) -> None:
    write_report(Path("hot.json"), [untrusted(latency(SMALL, 1), "throttled"), latency(MIDDLE, 2)])
    assert run(["pareto", "runs", "hot.json"]) == 3
    assert "on the front; latency untrusted: throttled" in capsys.readouterr().out


@pytest.mark.usefixtures("world")
def test_of_a_report_with_several_conditions_one_is_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    results = [latency(SMALL, 1 / threads, Condition(threads=threads)) for threads in (1, 4)]
    write_report(Path("both.json"), results)
    assert run(["pareto", "runs", "both.json"]) == 2
    told = capsys.readouterr().err
    assert "both.json was measured under litert, 1 thread, --cpus none; litert, 4 threads, --cpus none: name" in told
    assert run(["pareto", "runs", "both.json", "--threads", "4"]) == 0
    assert "litert 2.3.0, 4 threads" in capsys.readouterr().out


@pytest.mark.usefixtures("world")
def test_two_recipes_have_a_column(capsys: pytest.CaptureFixture[str]) -> None:
    write_run(Path("runs/mine"), SMALL, recipe=replace(load_recipe("quick"), epochs=50), **evaluated(11))
    assert run(["pareto", "runs", "pi3.json"]) == 0
    shown = capsys.readouterr().out
    assert "recipe" in shown
    assert f"dominated by {SMALL} (own)" in shown


BAD = [
    (("runs",), "there is no report among them"),
    (("pi3.json",), "there is no run among them"),
    (("runs", "nowhere.json"), "nowhere.json does not exist"),
    (("empty", "pi3.json"), "empty holds no run"),
    (("runs", "damaged.json"), "is not a pibench report, or a damaged one"),
    (("runs", "runs/mobilenet_v1-depth=3,width=4/seed0/metrics.json"), "is not a pibench report"),
    (("broken", "pi3.json"), "is not a pibench run's metrics, or a damaged one"),
    (("runs", "pi3.json", "-o", "a.pdf"), "ends in none of .html, .png, .svg, .md, .csv, .parquet"),
    (("runs", "pi3.json", "-o", "folder.csv"), "folder.csv is a directory"),
    (("runs", "pi3.json", "-o", "damaged.json/a.csv"), "cannot write the front to damaged.json/a.csv"),
    (("runs", "pi3.json", "--threads", "8"), "none of them is the one named"),
    (("runs", "other.json"), "no network has both an error and a latency"),
    ((), "Missing argument"),
]


@pytest.mark.parametrize(("arguments", "sentence"), BAD)
def test_bad_input_is_one_sentence_and_exit_code_2(
    arguments: tuple[str, ...], sentence: str, world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("empty", "broken", "folder.csv"):
        (world / name).mkdir()
    (world / "broken" / "metrics.json").write_text("{")
    (world / "damaged.json").write_text("{")
    write_report(world / "other.json", [latency("shufflenet_v2", 1)])
    assert run(["pareto", *arguments]) == 2
    shown = capsys.readouterr()
    assert sentence in shown.err
    assert shown.err.count("\n") == 1
    assert shown.out == ""
