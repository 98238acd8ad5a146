"""``pibench report``."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from sample_report import sample_report

from pibench.cli.main import run
from pibench.report import Report, save


def saved(tmp_path: Path, report: Report) -> str:
    path = tmp_path / "a.json"
    save(report, path)
    return str(path)


def test_without_an_output_the_table_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", saved(tmp_path, replace(sample_report(), profile=None))]) == 0
    shown = capsys.readouterr().out
    assert "mobilenet_v1:depth=3" in shown
    assert "untrusted: throttled" in shown


def test_a_profile_is_shown_layer_by_layer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", saved(tmp_path, sample_report())]) == 0
    assert "stage1.block1.conv" in capsys.readouterr().out


def test_several_outputs_are_written_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    markdown, rows = tmp_path / "a.md", tmp_path / "layers.csv"
    assert (
        run(["report", saved(tmp_path, sample_report()), "-o", str(markdown), "-o", str(rows), "--rows", "layers"]) == 0
    )
    assert "| subject |" in markdown.read_text()
    assert "stage1.block1.conv" in rows.read_text()
    assert capsys.readouterr().out == f"{markdown}: written\n{rows}: written\n"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot read the report"),
        (b'{"schema_version": 2}', "update pibench"),
        (b'{"schema_version": 1, "tool"', "or a damaged one"),
        (b'{"machine_info": {}}', "it has no schema_version"),
    ],
)
def test_what_is_no_report_ends_with_2_and_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, told: str
) -> None:
    path = tmp_path / "a.json"
    if content is not None:
        path.write_bytes(content)
    assert run(["report", str(path), "-o", str(tmp_path / "a.md")]) == 2
    message = capsys.readouterr().err
    assert message.startswith("pibench: ")
    assert told in message
    assert message.count("\n") == 1
