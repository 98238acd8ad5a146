"""The zoo: every architecture once, as a function that returns a ``Graph``.

Adding one is adding a module here with a function under ``@register``; it is found by its
name in every command and test. Branches are written one after the other, in the alphabetical
order of their scopes: so does TensorFlow's converter put them, and latency follows order. Where
branches cross, ``in_converter_order`` puts them so.
"""

from .registry import Architecture, architectures, build, get, register

__all__ = ["Architecture", "architectures", "build", "get", "register"]
