from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from sample_report import sample_report

import pibench.report
from pibench.report import encode, json_schema

PUBLISHED = Path(pibench.report.__file__).with_name("report-v1.schema.json")


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json_schema())


def test_the_schema_is_valid_itself() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


def test_the_published_schema_is_the_programs() -> None:
    assert json.loads(PUBLISHED.read_bytes()) == json_schema()


def test_a_report_fits_the_schema(validator: jsonschema.Draft202012Validator) -> None:
    validator.validate(json.loads(encode(sample_report())))


def test_the_schema_refuses_what_the_program_would_not_write(validator: jsonschema.Draft202012Validator) -> None:
    document = json.loads(encode(sample_report()))
    for edit in ({"schema_version": 2}, {"results": None}, {"surprise": 1}):
        assert not validator.is_valid({**document, **edit})
