from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pytest
from msgspec.structs import replace
from sample_report import sample_report

from pibench.errors import ExportError
from pibench.exports import export
from pibench.report import load, save


def test_a_csv_of_figures_has_a_row_per_result(tmp_path: Path) -> None:
    export(replace(sample_report(), profile=None), tmp_path / "a.csv")
    rows = list(csv.DictReader((tmp_path / "a.csv").read_text().splitlines()))
    assert [row["subject"] for row in rows] == ["mobilenet_v1:depth=3", "broken.tflite"]
    assert rows[0]["latency_ns"] == "200.0"


def test_a_csv_of_samples_has_a_row_per_sample(tmp_path: Path) -> None:
    export(sample_report(), tmp_path / "a.csv", "samples")
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 1 + 3


def test_a_json_is_pytest_benchmarks(tmp_path: Path) -> None:
    export(sample_report(), tmp_path / "a.json")
    assert "machine_info" in json.loads((tmp_path / "a.json").read_text())
    export(sample_report(), tmp_path / "a.json")  # over its own kind


def test_a_report_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    save(sample_report(), path)
    with pytest.raises(ExportError, match="is no file of pytest-benchmark: give -o another name"):
        export(sample_report(), path)
    assert load(path) == sample_report()


@pytest.mark.parametrize("name", ["a", "a.xlsx", "a.html.gz"])
def test_an_unknown_form_is_refused_with_those_that_are_known(tmp_path: Path, name: str) -> None:
    with pytest.raises(ExportError, match=r"ends in none of \.html, \.md, \.json, \.csv, \.parquet"):
        export(sample_report(), tmp_path / name)


@pytest.mark.parametrize(
    ("kind", "told"), [("layers", "has no profile"), ("samples", "has no samples"), ("figures", "has no results")]
)
def test_rows_that_a_report_lacks_are_told(tmp_path: Path, kind: str, told: str) -> None:
    empty = replace(sample_report(), results=(), profile=None)
    with pytest.raises(ExportError, match=told):
        export(empty, tmp_path / "a.csv", kind)
    assert not (tmp_path / "a.csv").exists()


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ExportError, match=r"cannot write the export to .*choose another place with -o"):
        export(sample_report(), tmp_path / "file" / "a.md")
    (tmp_path / "folder.md").mkdir()
    with pytest.raises(ExportError, match=r"folder\.md is a directory"):
        export(sample_report(), tmp_path / "folder.md")


def test_what_is_no_file_is_never_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "link.md").symlink_to(tmp_path / "pipe.md")
    for name in ("pipe.md", "link.md"):
        with pytest.raises(ExportError, match="is no regular file: give -o a file name"):
            export(sample_report(), tmp_path / name)
    assert (tmp_path / "pipe.md").is_fifo()


def test_a_circle_of_links_gives_way_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "loop.md").symlink_to(tmp_path / "loop.md")
    export(sample_report(), tmp_path / "loop.md")
    assert (tmp_path / "loop.md").read_text()


def test_a_name_that_no_file_can_have_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="cannot write the export to"):
        export(sample_report(), tmp_path / ("x" * 300 + ".md"))


@pytest.mark.parametrize("content", ['{"x": 1}', '{"schema_version": 1, "tool"'])
def test_other_json_is_not_written_over(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(ExportError, match="is no file of pytest-benchmark"):
        export(sample_report(), tmp_path / "a.json")
    assert (tmp_path / "a.json").read_text() == content
