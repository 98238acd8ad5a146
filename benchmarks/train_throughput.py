"""How fast networks train: pibench's Keras models beside stock Keras and plain PyTorch, in one run.

    make bench-train
    python benchmarks/train_throughput.py --rounds 20 mobilenet_v2:depth=9,width=16

Every contender is a process of its own, so that no framework's threads wait in another one's
way. In every round each trains one block of batches, in random order, while the others sleep;
a ratio is taken within a round, so that load and heat that come and go cancel. All train the same
network (trainable parameters are compared) on the same random images: SGD with Nesterov's
momentum, cross-entropy, float32. The Keras ones use ``fit``, PyTorch a loop that does nothing else;
``pibench train`` does more, which its row tells. PyTorch has what MobileNetV1 and Wide ResNet need.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from multiprocessing.connection import Connection
from typing import Any, NamedTuple, NoReturn

import numpy as np
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import track
from rich.table import Table
from train_contenders import CONTENDERS, LEVEL, OURS, WANTED_OF_STOCK_KERAS, Contender, Data

from pibench.device.snapshot import read_device
from pibench.errors import EXIT_ERROR, PibenchError
from pibench.graph import Graph
from pibench.stats import Interval, median_interval
from pibench.subject import load_graph

# Depthwise, dense and grouped convolutions.
NETWORKS = ("mobilenet_v1:depth=15,width=32", "wide_resnet:depth=22,width=16", "shufflenet_v1:depth=9,width=80")
FEWEST_ROUNDS = 6
"""Fewer values give no interval of 95 % for their median."""
REPORT_WIDTH = 140

console = Console(width=None if sys.stdout.isatty() else REPORT_WIDTH, highlight=False)


def fail(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    raise SystemExit(EXIT_ERROR)


# --- a process for each ---


def serve(connection: Connection, contender: Contender, graph_json: bytes, options: argparse.Namespace) -> None:
    """In the child: tells its parameters, or why not; then trains a block whenever asked, and tells the seconds."""
    graph = Graph.from_json(graph_json)
    try:
        prepared = contender.prepare(graph, random_data(graph, options.images), options.batch)
    except PibenchError as error:
        connection.send(str(error))
        return
    connection.send(prepared.parameters)
    while connection.recv():
        begin = time.perf_counter()
        prepared.train()
        connection.send(time.perf_counter() - begin)


def random_data(graph: Graph, count: int) -> Data:
    rng = np.random.default_rng(0)
    shape, classes = graph.spec(graph.inputs[0].name).shape[1:], graph.spec(graph.outputs[0]).channels
    return rng.standard_normal((count, *shape), np.float32), rng.integers(0, classes, count, np.int32)


@contextmanager
def environment(variables: Sequence[tuple[str, str]]) -> Iterator[None]:
    """Set while a child starts, which keeps it."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def running(contender: Contender, graph: Graph, options: argparse.Namespace) -> Iterator[Connection]:
    """The contender in a process of its own; sending True makes it train a block."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, contender, graph.to_json(), options), daemon=True)
    with environment(contender.environment):
        process.start()
    theirs.close()  # so that a child's end is heard
    try:
        yield ours
    finally:
        process.terminate()
        process.join()


def answer(connection: Connection, contender: Contender) -> Any:
    try:
        return connection.recv()
    except EOFError:
        fail(f"{contender.name}: its process ended, for the reason above")


# --- side by side ---

Seconds = dict[Contender, list[float]]


class Found(NamedTuple):
    """Seconds per block, one of each round, and why others have none."""

    seconds: Seconds
    absent: dict[Contender, str]


def side_by_side(graph: Graph, options: argparse.Namespace) -> Found:
    rng = random.Random(0)
    with ExitStack() as stack:
        connections, absent = prepared(graph, options, stack)
        for contender, connection in connections.items():  # side by side they would take each other's time
            for _ in range(options.warm_up):
                seconds_of_block(connection, contender)
        seconds: Seconds = {contender: [] for contender in connections}
        for _ in track(range(options.rounds), graph.name, console=console, transient=True):
            for contender in rng.sample(list(connections), len(connections)):
                seconds[contender].append(seconds_of_block(connections[contender], contender))
    return Found(seconds, absent)


def prepared(
    graph: Graph, options: argparse.Namespace, stack: ExitStack
) -> tuple[dict[Contender, Connection], dict[Contender, str]]:
    """Those that can train the network, none of them warmed up yet, and why others cannot."""
    connections: dict[Contender, Connection] = {}
    absent = {one: f"not installed: pip install {one.package}" for one in CONTENDERS if not one.is_installed}
    for contender in CONTENDERS:
        if contender in absent:
            continue
        connection = stack.enter_context(running(contender, graph, options))
        said = answer(connection, contender)
        if isinstance(said, str):
            absent[contender] = said
        elif said != graph.trainable_parameters:
            fail(f"{contender.name} trains {said} parameters of {graph.trainable_parameters}")
        else:
            connections[contender] = connection
    if OURS in absent:
        fail(f"{graph.name}: {absent[OURS]}")
    return connections, absent


def seconds_of_block(connection: Connection, contender: Contender) -> float:
    connection.send(True)
    return float(answer(connection, contender))


def speed_ratio(seconds: Seconds, over: Contender) -> Interval:
    """How many times as fast as another one pibench's model trains: the median of the rounds' ratios."""
    return _exp(median_interval(np.log(seconds[over]) - np.log(seconds[OURS])))


def _exp(interval: Interval) -> Interval:
    return Interval(*map(math.exp, interval))


def verdict(ratio: Interval, wanted: float | None) -> str:
    """By where the whole interval lies."""
    if wanted is None:
        return ""
    if ratio.low >= wanted:
        return "met"
    return "not met" if ratio.high < wanted else "undecided"


def table(graph: Graph, found: Found, options: argparse.Namespace) -> Table:
    title = f"{graph.name}, batch {options.batch}, {options.rounds} rounds of {options.images} images"
    shown = Table("", "images/s", "95 %", "pibench is × as fast", "95 %", "wanted", "", title=title, box=SIMPLE)
    for contender in CONTENDERS:
        if contender in found.absent:
            shown.add_row(contender.name, "–")
            continue
        speed = median_interval(options.images / np.array(found.seconds[contender]))
        row = [contender.name, f"{speed.estimate:.0f}", f"{speed.low:.0f} – {speed.high:.0f}"]
        if contender is not OURS:
            ratio = speed_ratio(found.seconds, contender)
            row += [f"{ratio.estimate:.2f}", f"{ratio.low:.2f} – {ratio.high:.2f}"]
            row += [f"≥ {contender.wanted}" if contender.wanted else "", verdict(ratio, contender.wanted)]
        shown.add_row(*row)
    for contender, reason in found.absent.items():
        shown.caption = f"{shown.caption or ''}{contender.name}: {reason}\n"
    return shown


def describe_machine() -> str:
    packages = dict.fromkeys(["keras", *(one.package for one in CONTENDERS if one.is_installed)])
    versions = [f"{name} {version(name)}" for name in packages]
    load = os.getloadavg()[0]
    cores = len(os.sched_getaffinity(0))
    return f"{read_device().name}, {cores} cores, load {load:.1f} before the run; {', '.join(versions)}"


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare how fast networks train.")
    parser.add_argument(
        "specs", nargs="*", default=NETWORKS, help="architectures (MobileNetV1, Wide ResNet, ShuffleNetV1)"
    )
    parser.add_argument("--rounds", type=_rounds, default=10, help="blocks of each contender (10)")
    parser.add_argument("--images", type=_positive, default=2048, help="images in a block (2048)")
    parser.add_argument("--batch", type=_positive, default=64, help="images in a batch (64)")
    parser.add_argument("--warm-up", type=_positive, default=2, help="blocks before the first round (2)")
    return parser.parse_args()


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value


def _rounds(text: str) -> int:
    value = _positive(text)
    if value < FEWEST_ROUNDS:
        raise argparse.ArgumentTypeError(f"{text} rounds give no interval of 95 %: give {FEWEST_ROUNDS} or more")
    return value


def main() -> None:
    options = parse()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    if not OURS.is_installed:
        fail("TensorFlow is not installed here: pip install 'pibench[train]'")
    try:
        graphs = [load_graph(spec) for spec in options.specs]
    except PibenchError as error:
        fail(str(error))
    console.print(describe_machine())
    for graph in graphs:
        console.print(table(graph, side_by_side(graph, options), options))
    goal = f"wanted: at least {WANTED_OF_STOCK_KERAS} × stock Keras, and level with PyTorch, {LEVEL} × or more;"
    console.print(f"{goal} met and not met: by the whole interval", style="dim")


if __name__ == "__main__":
    main()
