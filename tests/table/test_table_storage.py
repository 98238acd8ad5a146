from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest
from sample_report import sample_report
from sample_table import sample_table

import pibench.table
from pibench.errors import ReportError, TableError
from pibench.report import check_writable as check_report_writable
from pibench.report import load as load_report
from pibench.report import save as save_report
from pibench.table.storage import check_writable, json_schema, load, save

GOLDEN = Path(__file__).with_name("table-v1.json")
PUBLISHED = Path(pibench.table.__file__).with_name("table-v1.schema.json")


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json_schema())


def written() -> dict:
    return json.loads(msgspec.json.encode(sample_table()))


def test_a_saved_table_loads_as_it_was(tmp_path: Path) -> None:
    save(sample_table(), tmp_path / "new" / "pi.table.json")
    assert load(tmp_path / "new" / "pi.table.json") == sample_table()


def test_version_1_files_stay_readable_and_written_alike() -> None:
    assert load(GOLDEN) == sample_table()
    assert written() == json.loads(GOLDEN.read_bytes())


def test_the_published_schema_is_valid_and_the_programs() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())
    assert json.loads(PUBLISHED.read_bytes()) == json_schema()


def test_a_table_fits_the_schema_and_nothing_else_does(validator: jsonschema.Draft202012Validator) -> None:
    validator.validate(written())
    for edit in ({"table_version": 2}, {"curves": None}, {"surprise": 1}):
        assert not validator.is_valid({**written(), **edit})


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is not a pibench table, or a damaged one"),
        (b"\xff\xff", "is not a pibench table, or a damaged one"),
        (b"{}", "is not a pibench table: it has no table_version"),
        (b'{"table_version": 2, "whatever": 1}', "has table version 2, this pibench reads 1: update pibench"),
        (msgspec.json.encode(sample_table())[:-40], "is not a pibench table, or a damaged one"),
    ],
)
def test_what_is_no_table_of_this_version_is_told(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(TableError, match=sentence):
        load(tmp_path / "file")


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        (
            ("curves", 0, "points", 0, "channels"),
            [2],
            r"a point of conv g2 3×5 /2 \+ relu .* cannot have channels \[2\]",
        ),
        (("curves", 0, "points", 0, "channels"), [2, 3], r"cannot have channels \[2, 3\]"),
        (("curves", 0, "points", 0, "channels"), [0, 2], "channels"),
        (("curves", 0, "points", 0, "ns"), -1, "ns"),
        (("curves", 0, "condition", "runtime"), "onnx", "runtime"),
        (("provenance", "extra"), 1, "extra"),
    ],
)
def test_a_hand_edited_table_is_refused_at_the_place(
    tmp_path: Path, place: tuple, value: object, sentence: str
) -> None:
    document = written()
    *parents, last = place
    target = document
    for key in parents:
        target = target[key]
    target[last] = value
    (tmp_path / "file").write_text(json.dumps(document))
    with pytest.raises(TableError, match=sentence):
        load(tmp_path / "file")


def test_a_table_and_a_report_are_not_taken_for_each_other_nor_overwritten(tmp_path: Path) -> None:
    report, table = tmp_path / "report.json", tmp_path / "table.json"
    save_report(sample_report(), report)
    save(sample_table(), table)
    with pytest.raises(TableError, match="is not a pibench table"):
        load(report)
    with pytest.raises(ReportError, match="is not a pibench report"):
        load_report(table)
    with pytest.raises(TableError, match="is there already and is no pibench table: give -o another name"):
        check_writable(report)
    with pytest.raises(ReportError, match="is there already and is no pibench report: give -o another name"):
        check_report_writable(table)
    assert (load_report(report), load(table)) == (sample_report(), sample_table())
