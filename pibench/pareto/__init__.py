"""Error against latency: trained networks and measured ones brought together, and the front with its uncertainty.

Neither a runtime, the native extension nor a training framework is loaded.
"""

from pibench.pareto.draws import pooled
from pibench.pareto.front import SURE, placed
from pibench.pareto.matching import pareto
from pibench.pareto.model import Error, Front, Latency, Pareto, Placed, Point, Setting, Standing
from pibench.pareto.timed import Timed, Timings, timings
from pibench.pareto.trained import Trained, Trainings, trainings

__all__ = [
    "SURE",
    "Error",
    "Front",
    "Latency",
    "Pareto",
    "Placed",
    "Point",
    "Setting",
    "Standing",
    "Timed",
    "Timings",
    "Trained",
    "Trainings",
    "pareto",
    "placed",
    "pooled",
    "timings",
    "trainings",
]
