"""Option types that commands share."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any, TypeVar

import click
import msgspec

from pibench.engine.runtimes import KERNEL_MODES, RUNTIMES, installed_runtimes
from pibench.errors import did_you_mean
from pibench.report.model import DEFAULT_TIMEOUT_S, Condition


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
    """A comma-separated list of integers from 1 to 1024, each once."""

    name = "list"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        words = [word.strip() for word in value.split(",")]
        for word in words:
            # isdecimal alone would take digits of other scripts.
            if not (word.isascii() and word.isdecimal() and 1 <= int(word) <= 1024):
                self.fail(f"{word!r} is not a number from 1 to 1024", param, ctx)
        return tuple(dict.fromkeys(map(int, words)))


class Number(click.ParamType[float]):
    """A number within bounds; not "not a number", which comparisons let through."""

    def __init__(self, name: str, low: float, high: float, wish: str) -> None:
        self.name = name
        self._low = low
        self._high = high
        self._wish = wish

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not self._low <= number <= self._high:
            self.fail(f"{value!r} is not {self._wish}", param, ctx)
        return number


SECONDS = Number("seconds", 1e-6, 7 * 24 * 3600, "a number of seconds above 0, up to a week")
PERCENT = Number("percent", 0, 100, "a percentage from 0 to 100")


def default_runtime() -> str:
    """LiteRT where it is installed, else what is."""
    return next((info.name for info in installed_runtimes()), RUNTIMES[0])


SEED = click.IntRange(0, 2**32 - 1)

F = TypeVar("F", bound=Callable[..., Any])


def condition_options(function: F) -> F:
    """``--runtime``, ``--threads``, ``--kernels``: lists, of which every combination is a condition."""
    options = (
        click.option(
            "--runtime",
            type=Choices(RUNTIMES),
            default=default_runtime,
            show_default="litert where it is installed",
            help="Runtimes, e.g. litert,tflite.",
        ),
        click.option(
            "--threads", type=PositiveInts(), default="1", show_default=True, help="Thread counts, e.g. 1,2,4."
        ),
        click.option(
            "--kernels",
            type=Choices(KERNEL_MODES),
            default="xnnpack",
            show_default=True,
            help="Kernel modes: xnnpack, builtin, reference.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def conditions_of(runtime: Sequence[str], threads: Sequence[int], kernels: Sequence[str]) -> list[Condition]:
    """Every combination of these lists."""
    return [
        msgspec.convert({"runtime": r, "threads": t, "kernels": k}, Condition)
        for r, t, k in product(runtime, threads, kernels)
    ]


seed_option = click.option("--seed", type=SEED, default=0, show_default=True, help="Seed of weights, inputs and order.")
timeout_option = click.option(
    "--timeout",
    type=SECONDS,
    default=DEFAULT_TIMEOUT_S,
    show_default=True,
    help="Seconds a worker may stay silent before it is ended.",
)
