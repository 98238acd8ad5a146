"""Option types that commands share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from pibench.device.cpus import cpus_from
from pibench.engine.runtimes import KERNEL_MODES, RUNTIMES, find_runtime
from pibench.errors import PibenchError, did_you_mean
from pibench.measure.conditions import MOST_THREADS, Cpus, conditions_of, default_runtime
from pibench.report.model import DEFAULT_TIMEOUT_S, Condition, cpus_in_words


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


class ThreadCounts(click.ParamType[tuple[int, ...]]):
    """A comma-separated list of counts of threads, each once."""

    name = "list"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        words = [word.strip() for word in value.split(",")]
        for word in words:
            # isdecimal alone would take digits of other scripts.
            if not (word.isascii() and word.isdecimal() and 1 <= int(word) <= MOST_THREADS):
                self.fail(f"{word!r} is not a number from 1 to {MOST_THREADS}", param, ctx)
        return tuple(dict.fromkeys(map(int, words)))


class Number(click.ParamType[float]):
    """A number within bounds; not "not a number", which comparisons let through."""

    def __init__(self, name: str, low: float, high: float, wish: str, unit: str = "") -> None:
        self.name = name
        self._unit = unit
        self._low = low
        self._high = high
        self._wish = wish

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            number = float(value.removesuffix(self._unit) if isinstance(value, str) else value)
        except ValueError:
            number = math.nan
        if not self._low <= number <= self._high:
            self.fail(f"{value!r} is not {self._wish}", param, ctx)
        return number


class CpuList(click.ParamType[Cpus]):
    """Cores as the kernel writes them, ``2,3`` or ``0-3``, in the order given."""

    name = "list"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Cpus:
        if value == "auto":
            return "auto"
        if isinstance(value, tuple):
            return value
        try:
            return cpus_from(value)
        except PibenchError:
            self.fail(f"{value!r} is no list of cores such as 2,3 or 0-3, nor auto", param, ctx)


SECONDS = Number("seconds", 1e-6, 7 * 24 * 3600, "a number of seconds above 0, up to a week")
SECONDS_OR_NONE = Number("seconds", 0, 7 * 24 * 3600, "a number of seconds from 0 up to a week")
MILLISECONDS = Number("milliseconds", 1e-6, 1e9, "a number of milliseconds above 0")
PERCENT = Number("percent", 0, 100, "a percentage from 0 to 100", unit="%")


LARGEST_SEED = 2**32 - 1
SEED = click.IntRange(0, LARGEST_SEED)

F = TypeVar("F", bound=Callable[..., Any])


def report_options(function: F) -> F:
    """``-o`` and ``--json``, of commands that write a report."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output, nothing else."),
        click.option(
            "-o", "--output", type=click.Path(path_type=Path), help="Report file.  [default: reports/TIME.json]"
        ),
    ):
        function = option(function)
    return function


def condition_options(function: F) -> F:
    """``--runtime``, ``--threads``, ``--kernels``: lists, of which every combination is a condition."""
    return _with_condition_options(
        function, "Runtimes, e.g. litert,tflite.", "Thread counts, e.g. 1,2,4.", "Kernel modes, e.g. xnnpack,builtin."
    )


def single_condition_options(function: F) -> F:
    """The same for a command of one condition; see ``only_condition``."""
    return _with_condition_options(
        function, "Runtime: litert or tflite.", "Thread count.", "Kernel mode: xnnpack, builtin or reference."
    )


def _with_condition_options(function: F, runtime: str, threads: str, kernels: str) -> F:
    options = (
        click.option(
            "--runtime",
            type=Choices(RUNTIMES),
            default=default_runtime,
            show_default="litert where it is installed",
            help=runtime,
        ),
        click.option("--threads", type=ThreadCounts(), default="1", show_default=True, help=threads),
        click.option("--kernels", type=Choices(KERNEL_MODES), default="xnnpack", show_default=True, help=kernels),
    )
    for option in reversed(options):
        function = option(function)
    return function


def only_condition(
    what: str, runtime: Sequence[str], threads: Sequence[int], kernels: Sequence[str], cpus: Cpus | None
) -> Condition:
    """The one condition of a command that knows no more. Raises UsageError for several, RuntimeMissingError."""
    conditions = conditions_of(runtime, threads, kernels, cpus)
    if len(conditions) != 1:
        raise click.UsageError(
            f"{what} is of one condition: here are {len(conditions)}; give one runtime, thread count and kernel mode"
        )
    find_runtime(conditions[0].runtime)
    return conditions[0]


cpus_option = click.option(
    "--cpus",
    type=CpuList(),
    metavar="LIST|auto",
    help="Pin each thread to a core of its own, and prove it: 2,3 or 0-3, or auto (isolated cores first)."
    "  [default: isolated cores where there are enough]",
)


def one_condition_options(whose: str) -> Callable[[F], F]:
    """``--runtime``, ``--threads``, ``--kernels``, ``--cpus``: which of a table's or report's conditions are meant."""
    options = (
        click.option("--runtime", type=click.Choice(RUNTIMES), help=f"Of {whose} runtimes, this one."),
        click.option("--threads", type=click.IntRange(1), help=f"Of {whose} thread counts, this one."),
        click.option("--kernels", type=click.Choice(KERNEL_MODES), help=f"Of {whose} kernel modes, this one."),
        click.option("--cpus", metavar="LIST|none", help="Of the cores pinned to, these; none: not pinned."),
    )

    def decorated(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorated


def fits(condition: Condition, runtime: str | None, threads: int | None, kernels: str | None, cpus: str | None) -> bool:
    """Whether it is one of those named; what is None may be anything."""
    return (
        runtime in (None, condition.runtime)
        and threads in (None, condition.threads)
        and kernels in (None, condition.kernels)
        and cpus in (None, cpus_in_words(condition.cpus))
    )


def choose_condition(
    among: Iterable[Condition],
    runtime: str | None,
    threads: int | None,
    kernels: str | None,
    cpus: str | None,
) -> Condition:
    """The one condition of a table that fits what was named. Raises UsageError where none or several do."""
    conditions = list(dict.fromkeys(among))
    fitting = [condition for condition in conditions if fits(condition, runtime, threads, kernels, cpus)]
    if len(fitting) == 1:
        return fitting[0]
    if not conditions:
        raise click.UsageError("the table is empty: run the command that began it again")
    known = "; ".join(f"{condition}, --cpus {cpus_in_words(condition.cpus)}" for condition in conditions)
    raise click.UsageError(
        f"the table was measured under {known}: "
        + ("name one with --runtime, --threads, --kernels or --cpus" if fitting else "none of them is the one named")
    )


seed_option = click.option("--seed", type=SEED, default=0, show_default=True, help="Seed of weights, inputs and order.")
timeout_option = click.option(
    "--timeout",
    type=SECONDS,
    default=DEFAULT_TIMEOUT_S,
    show_default=True,
    help="Seconds a worker may stay silent before it is ended.",
)
