"""Option types that commands share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from pibench.errors import did_you_mean


class Choices(click.ParamType[tuple[str, ...]]):
    """A comma-separated list of known words, each once."""

    name = "list"

    def __init__(self, known: Sequence[str]) -> None:
        self._known = known

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        words = tuple(dict.fromkeys(word.strip() for word in value.split(",")))
        for word in words:
            if word not in self._known:
                self.fail(f"{word!r} is unknown.{did_you_mean(word, self._known)}", param, ctx)
        return words


class PositiveInts(click.ParamType[tuple[int, ...]]):
    """A comma-separated list of integers of at least 1, each once."""

    name = "list"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        numbers = []
        for word in value.split(","):
            if not word.strip().isdigit() or int(word) < 1:
                self.fail(f"{word.strip()!r} is not a number of at least 1", param, ctx)
            numbers.append(int(word))
        return tuple(dict.fromkeys(numbers))
