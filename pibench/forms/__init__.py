"""The forms a layer can take: small networks of one operation or one block, and what to compare them by.

Adding one is adding a function under ``@register`` to a module here: it is found by its name in
``pibench ops``, in its default suite's tests and in ``benchmarks/test_ops.py``. The blocks are those of the
zoo, lowered: bias and fused activation, no batch norm, as they are deployed.
"""

from pibench.forms.grid import GridError, grid, parse_axis
from pibench.forms.matched import at_equal_macs
from pibench.forms.point import Point, labels
from pibench.forms.registry import DoesNotFitError, Form, forms, get, register
from pibench.forms.suite import Group, default_suite, groups_of

__all__ = [
    "DoesNotFitError",
    "Form",
    "GridError",
    "Group",
    "Point",
    "at_equal_macs",
    "default_suite",
    "forms",
    "get",
    "grid",
    "groups_of",
    "labels",
    "parse_axis",
    "register",
]
