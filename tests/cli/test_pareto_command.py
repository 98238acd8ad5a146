"""``pibench pareto``."""

from __future__ import annotations

import csv
import html
import os
import sys
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
    """Runs and a report in the current folder, before a wide terminal."""
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.chdir(tmp_path)
    write_world(tmp_path / "runs")
    write_report(tmp_path / "pi3.json")
    return tmp_path


@pytest.mark.usefixtures("world")
def test_without_an_output_the_fronts_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["pareto", "runs", "pi3.json"]) == 0
    shown = capsys.readouterr().out
    assert "Raspberry Pi 3 Model B Rev 1.2, 64-bit Raspberry Pi OS, litert 2.3.0, 1 thread, median" in shown
    assert f"1. {SMALL}" in shown
    assert "12.03 ± 0.15" in shown
    assert "dominated by 2" in shown
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
    assert everything[:3] == own  # none of them is of the thesis
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
    assert "**Pi \\| 4, 64-bit Raspberry Pi OS, litert 2.3.0, 1 thread, median**: 1 of 1 surely on the front" in text
    assert "- trained and not timed (Pi \\| 4, 64-bit Raspberry Pi OS, litert 2.3.0, 1 thread, median): " in text
    assert "- timed in pi4.json and not trained: shufflenet\\_v2" in text
    assert "no pibench measured them, they have no intervals" in text
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    tables = {line.count(" | ") for line in rows}  # nothing of ours is in the thesis
    assert tables == {9, 3}


@pytest.mark.usefixtures("world")
def test_an_untrusted_latency_is_told_and_is_exit_code_3(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    write_report(Path("hot.json"), [untrusted(latency(SMALL, 1), "throttled"), latency(MIDDLE, 2)])
    assert run(["pareto", "runs", "hot.json"]) == 3
    shown = capsys.readouterr().out
    assert "perhaps on it; 2 may dominate it; latency untrusted: throttled" in shown


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("suffix", [".html", ".png", ".svg", ".csv", ".parquet", ".md"])
def test_beside_every_file_stands_what_is_to_be_known(suffix: str, capsys: pytest.CaptureFixture[str]) -> None:
    if suffix == ".parquet":
        pytest.importorskip("pyarrow", exc_type=ImportError)
    results = [untrusted(latency(SMALL, 1), "throttled"), latency(MIDDLE, 2), latency("shufflenet_v2", 3)]
    write_report(Path("hot.json"), results)
    assert run(["pareto", "runs", "hot.json", "--thesis", "-o", f"a{suffix}"]) == 3
    assert Path(f"a{suffix}").stat().st_size > 1000
    shown = capsys.readouterr()
    assert shown.out == f"a{suffix}: written\n"
    assert f"trained and not timed: {LARGE}" in shown.err
    assert "timed in hot.json and not trained: shufflenet_v2" in shown.err
    assert f"latency untrusted: {SMALL} (Raspberry Pi 3 Model B" in shown.err


@pytest.mark.usefixtures("world")
def test_parquet_has_the_rows_of_csv_also_where_a_column_is_empty() -> None:
    parquet = pytest.importorskip("pyarrow.parquet", exc_type=ImportError)
    assert run(["pareto", "runs", "pi3.json", "-o", "a.parquet", "-o", "a.csv"]) == 0
    table = parquet.read_table("a.parquet")
    written = rows(Path("a.csv"))
    assert table.column_names == list(written[0])
    assert table["thesis_error_percent"].to_pylist() == table["untrusted_because"].to_pylist() == [None] * 3
    assert table["label"].to_pylist() == [row["label"] for row in written]
    assert run(["pareto", "runs", "pi3.json", "--thesis", "-o", "a.parquet"]) == 0
    everything = parquet.read_table("a.parquet")
    assert everything.num_rows == 53
    assert everything["processes"].null_count == 50


@pytest.mark.usefixtures("world")
def test_rows_say_on_which_images_under_what_and_why_untrusted() -> None:
    write_report(Path("hot.json"), [untrusted(latency(SMALL, 1), "throttled"), latency(MIDDLE, 2)])
    assert run(["pareto", "runs", "hot.json", "-o", "a.csv"]) == 3
    first, second = rows(Path("a.csv"))
    assert (first["data_set"], first["images_kind"], first["statistic"]) == ("CIFAR-10", "official", "median")
    assert (first["latency_trusted"], first["untrusted_because"]) == ("False", "throttled")
    assert (second["latency_trusted"], second["untrusted_because"]) == ("True", "")


@pytest.mark.usefixtures("world")
def test_what_dominates_is_found_among_the_labels() -> None:
    for seed in (0, 1):
        longer = replace(load_recipe("quick"), epochs=50)
        write_run(Path(f"runs/long{seed}"), SMALL, seed, longer, **evaluated(8 + seed / 10))
    assert run(["pareto", "runs", "pi3.json", "-o", "a.csv"]) == 0
    written = rows(Path("a.csv"))
    labels = [row["label"] for row in written]
    assert len(set(labels)) == 4
    assert {row["dominated_by"] for row in written} == {"", f"{SMALL} (50 epochs)"}
    assert f"{SMALL} (50 epochs)" in labels


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("form", ["terminal", "md", "csv", "html"])
def test_our_error_has_the_thesis_beside_it(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One row is to be doubted: the accuracies are of an earlier network."""
    doubted = "mobilenet_v2:depth=9,width=16,expansion=4"
    write_run(Path("runs/a"), doubted, **evaluated(13))
    write_report(Path("b.json"), [latency(SMALL, 1), latency(doubted, 2)])
    output = [] if form == "terminal" else ["-o", f"a.{form}"]
    assert run(["pareto", "runs", "b.json", "--thesis", *output]) == 0
    shown = capsys.readouterr().out if form == "terminal" else Path(f"a.{form}").read_text()
    if form == "csv":
        ours, theirs = (row for row in rows(Path("a.csv")) if row["network"] in (SMALL, doubted))
        assert (ours["thesis_error_percent"], ours["thesis_latency_ms"]) == ("", "")
        assert float(theirs["thesis_error_percent"]) == pytest.approx(7.11, abs=0.01)
        assert (theirs["thesis_latency_ms"], theirs["thesis_note"][:14]) == ("27.2", "the accuracies")
    else:
        text = " ".join(html.unescape(shown.replace("\\", "")).split())
        assert "thesis error %" in text
        assert "thesis ms" in text
        assert "27.2*" in text
        assert "* the thesis' mobilenet_v2:depth=9,width=16,expansion=4,dropout=0.2: the accuracies are of" in text


@pytest.mark.usefixtures("world")
def test_each_condition_has_a_front_unless_one_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    results = [latency(SMALL, 1 / threads, Condition(threads=threads)) for threads in (1, 4)]
    write_report(Path("both.json"), results)
    assert run(["pareto", "runs", "both.json"]) == 0
    shown = capsys.readouterr().out
    assert "litert 2.3.0, 1 thread, median" in shown
    assert "litert 2.3.0, 4 threads, median" in shown
    assert run(["pareto", "runs", "both.json", "pi3.json", "--threads", "4"]) == 0
    shown = capsys.readouterr().out
    assert "litert 2.3.0, 4 threads, median" in shown
    assert "litert 2.3.0, 1 thread, median" not in shown
    assert "pi3.json was measured under litert, 1 thread, and not as was asked for: left out" in " ".join(shown.split())


@pytest.mark.usefixtures("world")
def test_two_ways_of_training_have_a_column(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    write_run(Path("runs/mine"), SMALL, recipe=replace(load_recipe("quick"), epochs=50), **evaluated(11))
    assert run(["pareto", "runs", "pi3.json"]) == 0
    shown = capsys.readouterr().out
    assert "training" in shown
    assert "dominated by 1" in shown


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("suffix", [".csv", ".md", ".html", ".svg"])
def test_a_name_that_is_no_text_is_shown_with_a_mark(suffix: str) -> None:
    strange = os.fsdecode(b"pi\xff.json")
    write_report(Path("pi3.json")).rename(strange)
    Path("runs").rename(os.fsdecode(b"runs\xff"))
    write_run(Path(os.fsdecode(b"runs\xff/again\xff")), SMALL, **evaluated(12))
    write_run(Path(os.fsdecode(b"runs\xff/begun\xff")), SMALL, 3, epochs_done=1)
    assert run(["pareto", os.fsdecode(b"runs\xff"), strange, "-o", f"a{suffix}"]) == 0
    if suffix == ".csv":
        assert rows(Path("a.csv"))[0]["report"] == "pi\N{REPLACEMENT CHARACTER}.json"


@pytest.mark.usefixtures("world")
def test_without_what_draws_it_is_said_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    assert run(["pareto", "runs", "pi3.json", "-o", "a.svg"]) == 2
    told = capsys.readouterr().err
    assert "pages and pictures need more than is installed here" in told
    assert "pip install 'pibench[html]'" in told
    assert not Path("a.svg").exists()


BAD = [
    (("runs",), "there is no report among them"),
    (("pi3.json",), "there is no run among them"),
    (("runs", "nowhere.json"), "nowhere.json does not exist"),
    (("empty", "pi3.json"), "empty holds no run"),
    (("runs", "damaged.json"), "is not a pibench report, or a damaged one"),
    (("runs", "runs/mobilenet_v1-depth=3,width=4/seed0/metrics.json"), "is not a pibench report"),
    (("broken", "pi3.json"), "is not a pibench metrics file, or a damaged one"),
    (("runs", "pi3.json", "-o", "a.pdf"), "ends in none of .html, .png, .svg, .md, .csv, .parquet"),
    (("runs", "pi3.json", "-o", "folder.csv"), "folder.csv is a directory"),
    (("runs", "pi3.json", "-o", "damaged.json/a.csv"), "cannot write the front to damaged.json/a.csv"),
    (("runs", "pi3.json", "--threads", "8"), "there is no latency: pi3.json was measured under litert, 1 thread"),
    (("runs", "other.json"), "no network has both an error and a latency"),
    (("generated", "pi3.json", "--thesis"), "the thesis' errors are on CIFAR-10, these on generated"),
    ((), "Missing argument"),
]


@pytest.mark.parametrize(("arguments", "sentence"), BAD)
def test_bad_input_is_one_sentence_and_exit_code_2(
    arguments: tuple[str, ...], sentence: str, world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("empty", "broken", "folder.csv"):
        (world / name).mkdir()
    (world / "broken" / "metrics.json").write_text("{")
    data = write_run(world / "generated", SMALL, **evaluated(10)).metrics().data
    write_run(world / "generated", SMALL, data=replace(data, name="generated", images="generated"), **evaluated(10))
    (world / "damaged.json").write_text("{")
    write_report(world / "other.json", [latency("shufflenet_v2", 1)])
    assert run(["pareto", *arguments]) == 2
    shown = capsys.readouterr()
    assert sentence in shown.err
    assert shown.err.count("\n") == 1
    assert shown.out == ""
