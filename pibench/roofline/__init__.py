"""What this board can do at the most, measured: arithmetic, and bytes from memory (the roofline model)."""

from pibench.roofline.measure import measure_roofline
from pibench.roofline.model import Dtype, Rate, Roof, Roofline, RooflineDoubt
from pibench.roofline.storage import check_writable, load, save

__all__ = [
    "Dtype",
    "Rate",
    "Roof",
    "Roofline",
    "RooflineDoubt",
    "check_writable",
    "load",
    "measure_roofline",
    "save",
]
