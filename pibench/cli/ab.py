"""``pibench ab``."""

from __future__ import annotations

import tempfile
from itertools import product
from pathlib import Path

import click
import msgspec

from pibench.cli.format import duration, significant
from pibench.cli.options import PERCENT, SECONDS, condition_options, conditions_of, seed_option, timeout_option
from pibench.cli.progress import Progress
from pibench.engine.runtimes import find_runtime
from pibench.errors import EXIT_OK, EXIT_SLOWER, EXIT_UNTRUSTED, ModelFileError
from pibench.measure.duel import BlockLatencies, Contestant, Duel, DuelProtocol, DuelSampler, judged
from pibench.report import Condition
from pibench.subject import load_subject, printable
from pibench.worker.client import Worker, probed_clock

DEFAULTS = DuelProtocol()


@click.command()
@click.argument("subjects", nargs=-1, required=True, metavar="A [B]")
@condition_options
@click.option("--threshold", type=PERCENT, default=1.0, show_default=True, help="Change in percent that matters.")
@click.option("--seconds", type=SECONDS, default=DEFAULTS.seconds, show_default=True, help="Sampling time in all.")
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
    beyond the threshold; 3: undecided; 2: bad input or an error.
    """
    cases = list(product(subjects, conditions_of(runtime, threads, kernels)))
    if len(cases) != 2:
        raise click.UsageError(
            "give two networks under one condition, or one under two:"
            f" here are {len(subjects)} under {len(cases) // len(subjects)}"
        )
    for name in runtime:
        find_runtime(name)
    protocol = DuelProtocol(processes=processes, seconds=seconds, timeout_s=timeout, seed=seed)
    duel = judged(_latencies(cases, protocol), threshold / 100)
    names = [f"{printable(subject)} ({condition})" for subject, condition in cases]
    if as_json:
        click.echo(msgspec.json.encode({"a": names[0], "b": names[1], **msgspec.to_builtins(duel)}).decode())
    else:
        _show(names, duel)
    return {"slower": EXIT_SLOWER, "undecided": EXIT_UNTRUSTED}.get(duel.verdict, EXIT_OK)


def _latencies(cases: list[tuple[str, Condition]], protocol: DuelProtocol) -> BlockLatencies:
    with tempfile.TemporaryDirectory(prefix="pibench-") as folder:
        contestants = []
        for index, (subject, condition) in enumerate(cases):
            loaded = load_subject(subject, protocol.seed)
            if loaded.unread_because:
                raise ModelFileError(loaded.unread_because)
            model = Path(folder, f"{index}.tflite")
            model.write_bytes(loaded.model)
            contestants.append(Contestant(loaded.name, model, condition))
        with Progress() as progress:
            sampler = DuelSampler(
                (contestants[0], contestants[1]),
                protocol,
                probed_clock(protocol.timeout_s).step_ns,
                worker=Worker,
                progress=lambda number, total: progress.show("A B B A", number, total),
            )
            return sampler.run()


def _show(names: list[str], duel: Duel) -> None:
    for letter, name, median_ns in zip("AB", names, (duel.median_a_ns, duel.median_b_ns), strict=True):
        click.echo(f"{letter}  {duration(median_ns)}  {name}")
    ratio, low, high = (significant(value, duel.high - duel.low) for value in (duel.ratio, duel.low, duel.high))
    click.echo(
        f"B takes {ratio} times as long as A (95 %: {low} to {high}; {duel.pairs} pairs in {duel.processes} processes)"
    )
    click.echo(_SENTENCES[duel.verdict].format(threshold=f"{100 * duel.threshold:g} %"))


_SENTENCES = {
    "slower": "B is slower, by more than {threshold}.",
    "faster": "B is faster, by more than {threshold}.",
    "same": "They are the same within {threshold}.",
    "undecided": "Undecided at {threshold}: give it more --processes, or a larger --threshold.",
}
