"""The figures of many reports over time, and where they moved to another level.

Loads neither a runtime nor the native extension.
"""

from pibench.history.collect import collect
from pibench.history.model import History, Point, Series, Skipped, Step
from pibench.history.series import history_of

__all__ = ["History", "Point", "Series", "Skipped", "Step", "collect", "history_of"]
