"""Statistics as pure functions: arrays in, values out; no clock, no files."""

from pibench.stats.intervals import Interval, mean_interval, median_interval

__all__ = ["Interval", "mean_interval", "median_interval"]
