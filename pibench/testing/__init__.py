"""Latency tests: what stands behind the pytest plugin.

``Latency`` and ``Result`` are for annotations: ``def test_it(latency: Latency) -> None``.
"""

from pibench.report import Condition, Result
from pibench.testing.call import Latency

__all__ = ["Condition", "Latency", "Result"]
