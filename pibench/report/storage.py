"""Reports on disk: written atomically, read strictly."""

from __future__ import annotations

import inspect
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from pibench.errors import ReportError
from pibench.report.model import SCHEMA_VERSION, Report


class _Version(msgspec.Struct):
    schema_version: int


def encode(report: Report) -> bytes:
    return msgspec.json.encode(report)


def save(report: Report, path: Path) -> None:
    """Write a report so that the file is the old one or the new one, never half of either.

    Raises ReportError when it cannot be written.
    """
    with _explained(path):
        target = path.resolve()  # a link stays one
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{os.getpid()}.tmp")
        try:
            with temporary.open("wb") as file:
                file.write(encode(report))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def check_writable(path: Path) -> None:
    """Raises ReportError if a report could not be saved here, before hours are spent on it, or would replace
    something else than a report.
    """
    with _explained(path):
        if path.exists() and not path.is_file():
            what = "a directory" if path.is_dir() else "no regular file"
            raise ReportError(f"cannot write the report to {path}: it is {what}; give -o a file name")
        if path.exists() and path.stat().st_size and not _is_report(path):
            raise ReportError(f"{path} is there already and is no pibench report: give -o another name")
        target = path.resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=target.parent):
            pass


def _is_report(path: Path) -> bool:
    try:
        msgspec.json.decode(path.read_bytes(), type=_Version)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False
    return True


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ReportError(
            f"cannot write the report to {path}: {error.strerror}; choose another place with -o"
        ) from None


def load(path: Path | str) -> Report:
    """The report in a file. Raises ReportError for what is not one, or of another version."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise ReportError(f"cannot read the report {path}: {error.strerror}") from None
    try:
        version = msgspec.json.decode(data, type=_Version).schema_version
        if version == SCHEMA_VERSION:
            return msgspec.json.decode(data, type=Report)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ReportError(f"{path} is not a pibench report, or a damaged one: {error}") from None
    raise ReportError(f"{path} has report version {version}, this pibench reads {SCHEMA_VERSION}: update pibench")


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a report."""
    # Through JSON and back: msgspec leaves tuples where a reader of the schema finds arrays.
    schema = _with_clean_descriptions(msgspec.json.decode(msgspec.json.encode(msgspec.json.schema(Report))))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "pibench report", **schema}


def _with_clean_descriptions(schema: Any) -> Any:
    """Docstrings without their indentation, which Python keeps up to 3.12 and drops from 3.13 on."""
    if isinstance(schema, list):
        return [_with_clean_descriptions(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: inspect.cleandoc(value)
        if key == "description" and isinstance(value, str)
        else _with_clean_descriptions(value)
        for key, value in schema.items()
    }
