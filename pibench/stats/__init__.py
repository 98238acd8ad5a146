"""Statistics as pure functions: arrays in, values out; no clock, no files."""

from pibench.stats._distributions import normal_quantile, student_quantile
from pibench.stats.bootstrap import bootstrap_median
from pibench.stats.components import Components, variance_components
from pibench.stats.drift import (
    Shift,
    Stationarity,
    Trend,
    autocorrelation,
    effective_sample_size,
    level_shift,
    stationarity,
    trend,
)
from pibench.stats.intervals import Interval, mean_interval, median_interval
from pibench.stats.multiple import bonferroni, holm, simultaneous_confidence
from pibench.stats.nested import (
    Nested,
    NestedInterval,
    hierarchical_median,
    hierarchical_quantile,
    log_variance,
    prediction_interval,
)
from pibench.stats.paired import (
    Verdict,
    log_ratios,
    nested_ratio,
    paired_ratio,
    sign_test,
    split_abba,
    verdict,
)
from pibench.stats.quantiles import quantile_interval
from pibench.stats.robust import Outliers, mad, mad_sigma, outlier_classes, tukey_fences, tukey_outliers
from pibench.stats.sequential import (
    Decision,
    MedianSampling,
    checked_confidence,
    next_check,
    precision,
    spending_confidence,
    units_needed,
)
from pibench.stats.steady import Steadiness, steadiness
from pibench.stats.steps import Levels, Step, between_runs_sd, levels
from pibench.stats.traces import trace_median_interval
from pibench.stats.unpaired import RUN_SD, unpaired_ratio

__all__ = [
    "RUN_SD",
    "Components",
    "Decision",
    "Interval",
    "Levels",
    "MedianSampling",
    "Nested",
    "NestedInterval",
    "Outliers",
    "Shift",
    "Stationarity",
    "Steadiness",
    "Step",
    "Trend",
    "Verdict",
    "autocorrelation",
    "between_runs_sd",
    "bonferroni",
    "bootstrap_median",
    "checked_confidence",
    "effective_sample_size",
    "hierarchical_median",
    "hierarchical_quantile",
    "holm",
    "level_shift",
    "levels",
    "log_ratios",
    "log_variance",
    "mad",
    "mad_sigma",
    "mean_interval",
    "median_interval",
    "nested_ratio",
    "next_check",
    "normal_quantile",
    "outlier_classes",
    "paired_ratio",
    "precision",
    "prediction_interval",
    "quantile_interval",
    "sign_test",
    "simultaneous_confidence",
    "spending_confidence",
    "split_abba",
    "stationarity",
    "steadiness",
    "student_quantile",
    "trace_median_interval",
    "trend",
    "tukey_fences",
    "tukey_outliers",
    "units_needed",
    "unpaired_ratio",
    "variance_components",
    "verdict",
]
