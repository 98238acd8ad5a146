"""``pibench ab``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import click
import msgspec

from pibench.cli.options import (
    PERCENT,
    SECONDS,
    condition_options,
    cpus_option,
    seed_option,
    timeout_option,
)
from pibench.cli.progress import Progress
from pibench.engine.runtimes import find_runtime
from pibench.errors import EXIT_INTERRUPTED, EXIT_OK, EXIT_SLOWER, EXIT_UNTRUSTED
from pibench.measure.board import moved_off
from pibench.measure.conditions import Cpus, conditions_of
from pibench.measure.duel import Contestant, Duel, DuelProtocol, DuelSampler, DuelSamples, judged, processes_abreast
from pibench.measure.duel_doubts import LETTERS, doubts_about_duel
from pibench.report import Condition, Doubt
from pibench.subject import load_subject
from pibench.temporary import temporary_folder
from pibench.words.doubts import told
from pibench.words.numbers import duration, significant
from pibench.worker.client import Worker

DEFAULTS = DuelProtocol()


@click.command()
@click.argument("subjects", nargs=-1, required=True, metavar="A [B]")
@condition_options
@cpus_option
@click.option("--threshold", type=PERCENT, default=1.0, show_default=True, help="Change in percent that matters.")
@click.option(
    "--seconds",
    type=SECONDS,
    default=DEFAULTS.seconds,
    show_default=True,
    help="Sampling time in all, at most; but A B B A once in each process at the least.",
)
@click.option(
    "--processes", type=click.IntRange(2, 100), default=DEFAULTS.processes, show_default=True, help="Fresh processes."
)
@seed_option
@timeout_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output, nothing else.")
def command(
    subjects: tuple[str, ...],
    runtime: tuple[str, ...],
    threads: tuple[int, ...],
    kernels: tuple[str, ...],
    cpus: Cpus | None,
    threshold: float,
    seconds: float,
    processes: int,
    seed: int,
    timeout: float,
    as_json: bool,
) -> int:
    """Compare two networks, or one under two conditions, live and interleaved.

    Both run in the same processes, several fresh ones, in short blocks in the order A B B A. The
    ratio is B's latency over A's, pair by pair, with its 95 % interval over processes.

    \b
    Examples:
        pibench ab old.tflite new.tflite
        pibench ab mobilenet_v1 mobilenet_v1:se=2 --threshold 3
        pibench ab model.tflite --runtime litert,tflite

    Exit code 0: B is faster, or the same within the threshold; 1: B is slower, its interval wholly
    beyond the threshold; 3: undecided, or untrusted (a thread was not on its core, outputs of one
    network differ); 2: bad input, or a network that crashed or hung; 130: interrupted (nothing is
    kept).
    """
    cases = list(product(subjects, conditions_of(runtime, threads, kernels, cpus)))
    if len(cases) != 2:
        raise click.UsageError(
            "give two networks under one condition, or one under two:"
            f" here are {len(subjects)} under {len(cases) // len(subjects)}"
        )
    for name in runtime:
        find_runtime(name)
    protocol = DuelProtocol(processes=processes, seconds=seconds, timeout_s=timeout, seed=seed)
    with temporary_folder() as folder:
        contestants = _contestants(cases, seed, folder)
        try:
            samples = _sampled(contestants, protocol)
        except KeyboardInterrupt:
            click.echo("pibench: interrupted; nothing of a comparison is kept", err=True)
            return EXIT_INTERRUPTED
    duel = judged(samples.latencies, threshold / 100)
    doubts = doubts_about_duel(contestants, samples.sights, len(os.sched_getaffinity(0)))
    names = [f"{contestant.name} ({contestant.condition})" for contestant in contestants]
    if as_json:
        found = {"a": names[0], "b": names[1], **msgspec.to_builtins(duel), "doubts": msgspec.to_builtins(doubts)}
        click.echo(msgspec.json.encode(found).decode())
    else:
        _show(names, duel, doubts)
    if any(doubt.grave for doubt in doubts):
        return EXIT_UNTRUSTED
    return {"slower": EXIT_SLOWER, "undecided": EXIT_UNTRUSTED}.get(duel.verdict, EXIT_OK)


def _contestants(cases: Sequence[tuple[str, Condition]], seed: int, folder: Path) -> tuple[Contestant, Contestant]:
    """Each network is read or built once, even if it meets itself under another condition."""
    files: dict[str, tuple[str, Path, str]] = {}
    for text in dict.fromkeys(text for text, _ in cases):
        subject = load_subject(text, seed)
        path = folder / f"{len(files)}.tflite"
        path.write_bytes(subject.model)
        files[text] = (subject.name, path, subject.unread_because)
    a, b = (
        Contestant(name, path, condition, unread_because)
        for (name, path, unread_because), condition in ((files[text], condition) for text, condition in cases)
    )
    return a, b


def _sampled(contestants: tuple[Contestant, Contestant], protocol: DuelProtocol) -> DuelSamples:
    cpus = {cpu for contestant in contestants for cpu in contestant.condition.cpus}
    with moved_off(cpus), Progress() as progress:
        sampler = DuelSampler(
            contestants,
            protocol,
            worker=Worker,
            progress=lambda number, total: progress.show("A B B A", number, total),
            abreast=processes_abreast(),
        )
        return sampler.run()


def _show(names: Sequence[str], duel: Duel, doubts: Sequence[Doubt]) -> None:
    for letter, name, median_ns in zip(LETTERS, names, (duel.median_a_ns, duel.median_b_ns), strict=True):
        click.echo(f"{letter}  {duration(median_ns)}  {name}")
    ratio, low, high = (significant(value, duel.high - duel.low) for value in (duel.ratio, duel.low, duel.high))
    click.echo(
        f"B takes {ratio} times as long as A (95 %: {low} to {high}; {duel.pairs} pairs in {duel.processes} processes)"
    )
    click.echo(_SENTENCES[duel.verdict].format(threshold=f"{100 * duel.threshold:g} %"))
    for doubt in doubts:
        click.echo(told(doubt))


_SENTENCES = {
    "slower": "B is slower, by more than {threshold}.",
    "faster": "B is faster, by more than {threshold}.",
    "same": "They are the same within {threshold}.",
    "undecided": "Undecided at {threshold}: give it more --seconds or --processes, or a larger --threshold.",
}
