"""Forms by name: functions from typed parameters to a network of one layer or block."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from pibench.errors import GraphError, SubjectError, did_you_mean
from pibench.graph import Graph

_registry: dict[str, Form] = {}
# Not said where that is the form's default too: a name without them is the plain form.
_SILENT: Mapping[str, Any] = {"out_channels": 0, "reduction": 0, "groups": 1, "stride": 1, "dtype": "float32"}


class DoesNotFitError(SubjectError):
    """Parameters that do not go together; ``Form`` adds its name and all parameters."""


class Form:
    """A named function from keyword parameters to a network, as it is deployed."""

    def __init__(self, function: Callable[..., Graph]) -> None:
        from pibench.models.architectures import Architecture

        self._recipe = Architecture(function)
        self.name: str = self._recipe.name
        self.summary: str = self._recipe.summary
        self.defaults: dict[str, Any] = self._recipe.defaults

    def said(self, **parameters: Any) -> dict[str, Any]:
        """All parameters, defaults included, but for those that only say that nothing is special."""
        values = {**self.defaults, **parameters}
        return {key: value for key, value in values.items() if not self._is_silent(key, value)}

    def _is_silent(self, key: str, value: Any) -> bool:
        return key in _SILENT and value == _SILENT[key] == self.defaults.get(key)

    def title(self, **parameters: Any) -> str:
        """Name and parameters as a spec string, defaults included."""
        return f"{self.name}:{','.join(f'{key}={value}' for key, value in self.said(**parameters).items())}"

    def __call__(self, **parameters: Any) -> Graph:
        """The network with these parameters, lowered, under its title.

        Raises SubjectError for parameters that are unknown, impossible, or do not go together.
        """
        from pibench.tflite.lower import lower

        title = self.title(**parameters)
        try:
            graph: Graph = self._recipe(**parameters)
        except (DoesNotFitError, GraphError) as error:
            raise SubjectError(f"{title}: {error}") from None
        return lower(graph).graph.renamed(title)


def register(function: Callable[..., Graph]) -> Callable[..., Graph]:
    """Make a function a form, under its own name; its parameters are as those of an architecture."""
    _registry[function.__name__] = Form(function)
    return function


@cache
def forms() -> Mapping[str, Form]:
    """All forms by name; importing this package's modules registers them."""
    package = importlib.import_module(__package__ or "")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return dict(sorted(_registry.items()))


def get(name: str) -> Form:
    """The form of a name. Raises SubjectError for an unknown one."""
    try:
        return forms()[name]
    except KeyError:
        raise SubjectError(f"there is no form {name!r}.{did_you_mean(name, forms())}") from None
