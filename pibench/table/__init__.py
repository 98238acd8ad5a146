"""The latency table: layer signature → latency, in the form in which training code asks for time.

Importing this loads neither a runtime nor the native extension.
"""

from pibench.table.lookup import LatencyTable
from pibench.table.model import Calibration, Curve, FixedTerm, Point, Provenance, Table
from pibench.table.prediction import Latencies, Latency, LayerLatency, NetworkLatency
from pibench.table.storage import load, save

__all__ = [
    "Calibration",
    "Curve",
    "FixedTerm",
    "Latencies",
    "Latency",
    "LatencyTable",
    "LayerLatency",
    "NetworkLatency",
    "Point",
    "Provenance",
    "Table",
    "load",
    "save",
]
