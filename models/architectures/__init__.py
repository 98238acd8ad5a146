"""The zoo: every architecture once, as a function that returns a ``Graph``.

Adding one is adding a module here with a function under ``@register``; it is found by its
name in every command and test.
"""

from .registry import Architecture, architectures, build, get, register

__all__ = ["Architecture", "architectures", "build", "get", "register"]
