"""The report: the contract between the board and everything that reads its figures.

Importing this loads neither a runtime nor the native extension.
"""

from pibench.report.model import (
    ClockRecord,
    Condition,
    Doubt,
    Failure,
    OutlierCounts,
    Protocol,
    Result,
    RuntimeRecord,
    Spread,
    SubjectRecord,
    Summary,
    Tool,
    Verdict,
)
from pibench.report.profile import (
    InPlaceWay,
    IsolatedWay,
    LayerProfile,
    Profile,
    Ratio,
    RoofRecord,
    Timing,
    Unmapped,
)
from pibench.report.report import SCHEMA_VERSION, Report
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
    "InPlaceWay",
    "IsolatedWay",
    "LayerProfile",
    "Measurement",
    "OutlierCounts",
    "Profile",
    "Protocol",
    "Ratio",
    "Reference",
    "Report",
    "Result",
    "RoofRecord",
    "RuntimeRecord",
    "Session",
    "Setup",
    "Spread",
    "SubjectRecord",
    "Summary",
    "ThreadRecord",
    "Timing",
    "Tool",
    "Unmapped",
    "Usage",
    "Verdict",
    "WarmUp",
    "check_writable",
    "encode",
    "json_schema",
    "load",
    "save",
]
