from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from sample_report import sample_report

from pibench.errors import ReportError
from pibench.report import check_writable, encode, load, save

GOLDEN = Path(__file__).with_name("report-v1.json")


def test_a_saved_report_loads_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "report.json"
    save(sample_report(), path)
    assert load(path) == sample_report()


def test_version_1_files_stay_readable_and_written_alike() -> None:
    assert load(GOLDEN) == sample_report()
    assert json.loads(encode(sample_report())) == json.loads(GOLDEN.read_bytes())


def test_saving_leaves_no_other_file_behind(tmp_path: Path) -> None:
    save(sample_report(), tmp_path / "report.json")
    save(sample_report(), tmp_path / "report.json")
    assert [p.name for p in tmp_path.iterdir()] == ["report.json"]


def test_a_failed_save_leaves_the_old_report_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.json"
    save(sample_report(), path)

    def no_space(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(ReportError, match="No space left on device"):
        save(msgspec.structs.replace(sample_report(), complete=False), path)
    assert load(path) == sample_report()
    assert [p.name for p in tmp_path.iterdir()] == ["report.json"]


@pytest.mark.parametrize("check", [check_writable, lambda path: save(sample_report(), path)])
def test_a_place_below_a_file_cannot_hold_a_report(tmp_path: Path, check) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ReportError, match="choose another place with -o"):
        check(tmp_path / "file" / "report.json")


def test_a_directory_is_no_report_file(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="it is a directory"):
        check_writable(tmp_path)


def test_a_link_to_a_report_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "real.json", tmp_path / "link.json"
    link.symlink_to(target)
    check_writable(link)
    save(sample_report(), link)
    assert link.is_symlink()
    assert load(target) == sample_report()


def test_a_device_is_never_replaced_by_a_report() -> None:
    with pytest.raises(ReportError, match="it is no regular file"):
        check_writable(Path("/dev/null"))


def test_checking_leaves_an_existing_report_alone(tmp_path: Path) -> None:
    save(sample_report(), tmp_path / "report.json")
    check_writable(tmp_path / "report.json")
    assert load(tmp_path / "report.json") == sample_report()


def test_a_report_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"cannot read the report .*none\.json: No such file"):
        load(tmp_path / "none.json")


@pytest.mark.parametrize(
    "content", [b"", b"no json", b"[]", b"{}", b'{"schema_version": "one"}', b'{"schema_version": 1}', b"\xff\xff"]
)
def test_what_is_no_report_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(content)
    with pytest.raises(ReportError, match="is not a pibench report"):
        load(path)


def test_a_truncated_report_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(encode(sample_report())[:-40])
    with pytest.raises(ReportError, match="or a damaged one"):
        load(path)


def test_a_newer_report_asks_for_a_newer_pibench(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text('{"schema_version": 2, "whatever": 1}')
    with pytest.raises(ReportError, match="has report version 2, this pibench reads 1: update pibench"):
        load(path)


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        (("results", 0, "measurements", 0, "duration_ns", 1), -5, "duration_ns"),
        (("results", 0, "measurements", 0, "group"), 0, "group"),
        (("results", 0, "condition", "runtime"), "onnx", "runtime"),
        (("results", 1, "failure", "kind"), "mood", "kind"),
        (("protocol", "extra"), 1, "extra"),
    ],
)
def test_a_hand_edited_report_is_refused_at_the_place(tmp_path: Path, path: tuple, value: object, place: str) -> None:
    document = json.loads(encode(sample_report()))
    *parents, last = path
    target = document
    for key in parents:
        target = target[key]
    target[last] = value
    file = tmp_path / "report.json"
    file.write_text(json.dumps(document))
    with pytest.raises(ReportError, match=place):
        load(file)


def test_reading_reports_needs_neither_the_native_extension_nor_numpy() -> None:
    code = (
        "import pibench.report, sys; print(sorted({'pibench._native', 'numpy', 'psutil', 'tflite'} & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_deep_nesting_is_no_report(tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_text("[" * 200_000)
    with pytest.raises(ReportError, match="is not a pibench report"):
        load(path)


def test_a_circle_of_links_is_no_report(tmp_path: Path) -> None:
    path = tmp_path / "loop.json"
    path.symlink_to(path)
    with pytest.raises(ReportError, match="cannot read the report"):
        load(path)
