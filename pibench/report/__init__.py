"""The report: the contract between the board and everything that reads its figures.

Importing this loads neither a runtime nor the native extension.
"""

from pibench.report.model import (
    SCHEMA_VERSION,
    ClockRecord,
    Condition,
    Doubt,
    Failure,
    OutlierCounts,
    Protocol,
    Report,
    Result,
    RuntimeRecord,
    Spread,
    SubjectRecord,
    Summary,
    Tool,
    Verdict,
)
from pibench.report.samples import (
    Measurement,
    Reference,
    Session,
    Setup,
    ThreadRecord,
    Usage,
    WarmUp,
)
from pibench.report.storage import check_writable, encode, json_schema, load, save

__all__ = [
    "SCHEMA_VERSION",
    "ClockRecord",
    "Condition",
    "Doubt",
    "Failure",
    "Measurement",
    "OutlierCounts",
    "Protocol",
    "Reference",
    "Report",
    "Result",
    "RuntimeRecord",
    "Session",
    "Setup",
    "Spread",
    "SubjectRecord",
    "Summary",
    "ThreadRecord",
    "Tool",
    "Usage",
    "Verdict",
    "WarmUp",
    "check_writable",
    "encode",
    "json_schema",
    "load",
    "save",
]
