"""Two saved reports against each other: a ratio with its interval for each subject, and what it says.

Pure: reports in, a comparison out; neither a runtime nor the native extension is loaded.
"""

from pibench.compare.compare import THRESHOLD, compare
from pibench.compare.matching import FIELDS, Field
from pibench.compare.model import Comparison, ComparisonDoubt, Mean, Row, Side, Verdict
from pibench.report.setting import ASPECTS, Aspect, Difference
from pibench.stats import RUN_SD

__all__ = [
    "ASPECTS",
    "FIELDS",
    "RUN_SD",
    "THRESHOLD",
    "Aspect",
    "Comparison",
    "ComparisonDoubt",
    "Difference",
    "Field",
    "Mean",
    "Row",
    "Side",
    "Verdict",
    "compare",
]
