"""Latency tables on disk: JSON, written atomically, read strictly."""

from __future__ import annotations

from pibench.document import Document
from pibench.errors import TableError
from pibench.table.model import TABLE_VERSION, Table

_TABLE = Document(Table, "table", "table_version", TABLE_VERSION, TableError)

save = _TABLE.save
load = _TABLE.load
check_writable = _TABLE.check_writable
json_schema = _TABLE.json_schema
