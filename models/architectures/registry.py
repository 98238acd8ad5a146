"""Architectures by name, and the spec strings that ask for them: ``mobilenet_v2:depth=9,se=2``."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import typing
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Literal

import msgspec

from pibench.errors import SubjectError, did_you_mean
from pibench.graph import Graph, quantised

# How msgspec tells the place in a tuple.
_PLACE = re.compile(r" - at \$\[(\d+)\]$")

_registry: dict[str, Architecture] = {}


class Architecture:
    """A named function from keyword parameters to a Graph."""

    def __init__(self, function: Callable[..., Graph]) -> None:
        self.name = function.__name__
        self.description = inspect.getdoc(function) or ""
        self.summary = self.description.partition("\n")[0]
        self.defaults = {p.name: p.default for p in inspect.signature(function).parameters.values()} | {
            "dtype": "float32"
        }
        self._types = typing.get_type_hints(function, include_extras=True) | {"dtype": Literal["float32", "int8"]}
        self._function = function

    def __call__(self, **parameters: Any) -> Graph:
        """The network with these parameters. Raises SubjectError for unknown or impossible ones.

        ``dtype`` is one of every architecture: int8 asks for the quantised network.
        """
        values = {name: self._checked(name, value) for name, value in parameters.items()}
        dtype = values.pop("dtype", "float32")
        graph = self._function(**values)
        return quantised(graph) if dtype == "int8" else graph

    def schema(self, name: str) -> dict[str, Any]:
        """What values a parameter may have, as JSON Schema."""
        return msgspec.json.schema(self._types[name])

    def _checked(self, name: str, value: Any) -> Any:
        if name not in self.defaults:
            raise SubjectError(
                f"{self.name} has no parameter {name!r}.{did_you_mean(name, self.defaults)}"
                f" pibench zoo {self.name} lists them"
            )
        wanted = self._types[name]
        if isinstance(value, str) and typing.get_origin(wanted) is tuple:
            value = value.split("-")
        try:
            return msgspec.convert(value, wanted, strict=False)
        except msgspec.ValidationError as error:
            shown = "-".join(value) if isinstance(value, list) else value
            raise SubjectError(f"{self.name} cannot have {name}={shown}: {_wish(wanted, error)}") from None


def _wish(wanted: Any, error: msgspec.ValidationError) -> str:
    if typing.get_origin(wanted) is typing.Literal:
        return f"use {' or '.join(map(str, typing.get_args(wanted)))}"
    text = str(error).replace("`", "")
    if "array of length" in text:
        return f"give {len(typing.get_args(wanted))} numbers with dashes between them"
    if place := _PLACE.search(text):
        text = f"number {int(place[1]) + 1}: {text[0].lower()}{text[1 : place.start()]}"
    return text[0].lower() + text[1:]


def register(function: Callable[..., Graph]) -> Callable[..., Graph]:
    """Make a function part of the zoo, under its own name.

    Its parameters are keyword-only with defaults and annotated with types that msgspec can
    convert to; ranges are annotations too (``Annotated[int, Meta(ge=1)]``).
    """
    _registry[function.__name__] = Architecture(function)
    return function


@cache
def architectures() -> Mapping[str, Architecture]:
    """All architectures by name; importing this package's modules registers them."""
    package = importlib.import_module(__package__ or "")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f".{module.name}", __package__)
    return dict(sorted(_registry.items()))


def get(name: str) -> Architecture:
    """The architecture of a name. Raises SubjectError for an unknown one."""
    if not name:
        raise SubjectError(f"a subject needs a name.{did_you_mean('', architectures())}")
    try:
        return architectures()[name]
    except KeyError:
        raise SubjectError(f"there is no architecture {name!r}.{did_you_mean(name, architectures())}") from None


def parsed(spec: str) -> tuple[Architecture, dict[str, str]]:
    """The architecture of a spec string, and the parameters as they stand there. Raises SubjectError."""
    name, _, arguments = spec.partition(":")
    architecture = get(name.strip())
    parameters: dict[str, str] = {}
    for argument in filter(None, arguments.split(",")):
        key, equals, value = (part.strip() for part in argument.partition("="))
        if not (key and equals and value):
            raise SubjectError(f"{spec!r}: {argument!r} is not of the form parameter=value")
        if key in parameters:
            raise SubjectError(f"{spec!r} gives {key} twice")
        parameters[key] = value
    return architecture, parameters


def build(spec: str) -> Graph:
    """The network of a spec string, named by it. Raises SubjectError or GraphError."""
    architecture, parameters = parsed(spec)
    return architecture(**parameters).renamed(spec)
