"""Reports on disk: written atomically, read strictly."""

from __future__ import annotations

import msgspec

from pibench.document import Document
from pibench.errors import ReportError
from pibench.report.consistency import contradiction
from pibench.report.report import SCHEMA_VERSION, Report

_REPORT = Document(Report, "report", "schema_version", SCHEMA_VERSION, ReportError, contradiction)

save = _REPORT.save
load = _REPORT.load
check_writable = _REPORT.check_writable
json_schema = _REPORT.json_schema


def encode(report: Report) -> bytes:
    return msgspec.json.encode(report)
