"""The options that choose a campaign's protocol and change what it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from pibench.cli.options import PERCENT, SECONDS, SECONDS_OR_NONE, seed_option, timeout_option
from pibench.measure.protocols import PROTOCOLS, chosen
from pibench.report.model import Protocol, ProtocolName

F = TypeVar("F", bound=Callable[..., Any])


def protocol_options(default: ProtocolName) -> Callable[[F], F]:
    """``--protocol`` and what may differ from it; ``protocol_of`` makes a Protocol of their values."""
    options = (
        click.option(
            "--protocol",
            type=click.Choice(list(PROTOCOLS)),
            default=default,
            show_default=True,
            help="How many processes, instances and samples; thesis: the thesis' own way, for comparison with"
            " its figures.",
        ),
        click.option("--processes", type=click.IntRange(1, 10_000), help="Fresh processes, exactly so many."),
        click.option(
            "--seconds", type=SECONDS, help="Sampling time per subject and condition at most, over all processes."
        ),
        click.option("--precision", type=PERCENT, help="Stop when the 95 % interval is within ± so many percent."),
        click.option("--warm-up-limit", type=SECONDS_OR_NONE, help="Seconds that a model may take to settle."),
        click.option(
            "--pause",
            type=SECONDS_OR_NONE,
            help="Seconds before each process on a board without temperature sensor.",
        ),
        click.option("--realtime", is_flag=True, help="Run under SCHED_FIFO; needs the right to."),
        click.option("--lock-memory", is_flag=True, help="Keep all memory resident (mlockall); needs the right to."),
        seed_option,
        timeout_option,
    )

    def decorated(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorated


def protocol_of(
    threads: tuple[int, ...],
    *,
    protocol: ProtocolName,
    processes: int | None,
    seconds: float | None,
    precision: float | None,
    warm_up_limit: float | None,
    pause: float | None,
    realtime: bool,
    lock_memory: bool,
    seed: int,
    timeout: float,
) -> Protocol:
    """What the options ask for. Raises UsageError for the thesis' protocol on several threads."""
    if protocol == "thesis" and threads != (1,):
        raise click.UsageError("--protocol thesis is of one thread: leave --threads out")
    return chosen(
        protocol,
        processes=processes,
        seconds=seconds,
        precision=None if precision is None else precision / 100,
        warm_up_limit_s=warm_up_limit,
        pause_s=pause,
        realtime=realtime,
        lock_memory=lock_memory,
        timeout_s=timeout,
        seed=seed,
    )
