"""The report: the contract between the board and everything that reads its figures.

Importing this loads neither a runtime nor the native extension.
"""

from pibench.report.model import (
    SCHEMA_VERSION,
    ClockRecord,
    Condition,
    Doubt,
    Failure,
    Measurement,
    Protocol,
    Reference,
    Report,
    Result,
    RuntimeRecord,
    Setup,
    SubjectRecord,
    Summary,
    Tool,
)
from pibench.report.storage import check_writable, encode, json_schema, load, save

__all__ = [
    "SCHEMA_VERSION",
    "ClockRecord",
    "Condition",
    "Doubt",
    "Failure",
    "Measurement",
    "Protocol",
    "Reference",
    "Report",
    "Result",
    "RuntimeRecord",
    "Setup",
    "SubjectRecord",
    "Summary",
    "Tool",
    "check_writable",
    "encode",
    "json_schema",
    "load",
    "save",
]
