"""How fast networks train: pibench's Keras models beside stock Keras and plain PyTorch, in one run.

    make bench-train
    python benchmarks/train_throughput.py --rounds 20 mobilenet_v2:depth=9,width=16

Every contender is a process of its own, so that no framework's threads wait in another one's
way. In every round each trains one block of batches, in random order, while the others sleep;
a ratio is taken within a round, so that load and heat that come and go cancel. All train the same
network (trainable parameters are compared) on the same random images: SGD with Nesterov's
momentum, cross-entropy, float32. The Keras ones use ``fit``, PyTorch a loop that does nothing else.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import track
from rich.table import Table

from pibench.device.snapshot import read_device
from pibench.errors import PibenchError
from pibench.graph import Graph
from pibench.stats import Interval, median_interval
from pibench.subject import load_graph

NETWORKS = ("mobilenet_v1:depth=15,width=32", "wide_resnet:depth=22,width=16")
WANTED_OF_STOCK_KERAS = 1.5
LEARNING_RATE, MOMENTUM = 0.01, 0.9

Train = Callable[[], None]
"""Trains on all images once."""
Data = tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]

REPORT_WIDTH = 120

console = Console(width=None if sys.stdout.isatty() else REPORT_WIDTH, highlight=False)


# --- contenders ---


class Prepared(NamedTuple):
    """A network ready to train, and how many of its parameters do."""

    train: Train
    parameters: int


def pibench_keras(graph: Graph, data: Data, batch: int) -> Prepared:
    from pibench.models.conversion import to_keras

    return _fit(to_keras(graph), data, batch)


def stock_keras(graph: Graph, data: Data, batch: int) -> Prepared:
    """The same model with Keras' own layers in the places of pibench's."""
    import keras

    from pibench.models.conversion import FusedBatchNormalization, GroupedConv2D, to_keras

    stock = {FusedBatchNormalization: keras.layers.BatchNormalization, GroupedConv2D: keras.layers.Conv2D}

    def as_stock(layer: Any) -> Any:
        return stock.get(type(layer), type(layer)).from_config(layer.get_config())

    return _fit(keras.models.clone_model(to_keras(graph), clone_function=as_stock), data, batch)


def _fit(model: Any, data: Data, batch: int) -> Prepared:
    import keras

    model.compile(
        keras.optimizers.SGD(LEARNING_RATE, momentum=MOMENTUM, nesterov=True),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )

    def train() -> None:
        model.fit(*data, batch_size=batch, epochs=1, verbose=0)

    return Prepared(train, sum(math.prod(weight.shape) for weight in model.trainable_weights))


def plain_torch(graph: Graph, data: Data, batch: int) -> Prepared:
    import torch
    from torch_network import TorchNetwork

    network = TorchNetwork(graph).train()
    images, labels = map(torch.from_numpy, data)
    optimiser = torch.optim.SGD(network.parameters(), LEARNING_RATE, MOMENTUM, nesterov=True)
    loss = torch.nn.CrossEntropyLoss()

    def train() -> None:
        for chosen in torch.randperm(len(images)).split(batch):
            optimiser.zero_grad()
            loss(network(images[chosen]), labels[chosen]).backward()
            optimiser.step()

    return Prepared(train, sum(parameter.numel() for parameter in network.parameters()))


class Contender(NamedTuple):
    name: str
    package: str
    prepare: Callable[[Graph, Data, int], Prepared]
    environment: tuple[tuple[str, str], ...] = ()


OURS = Contender("pibench, Keras on TensorFlow", "tensorflow", pibench_keras)
STOCK = Contender("stock Keras on TensorFlow", "tensorflow", stock_keras)
TORCH = Contender("plain PyTorch, channels last", "torch", plain_torch)
# Its threads spin while they wait, which costs most of the speed where other work runs beside it.
PATIENT_TORCH = Contender("the same, OMP_WAIT_POLICY=passive", "torch", plain_torch, (("OMP_WAIT_POLICY", "passive"),))
CONTENDERS = (OURS, STOCK, TORCH, PATIENT_TORCH)


def is_installed(contender: Contender) -> bool:
    return importlib.util.find_spec(contender.package) is not None


# --- a process for each ---


def serve(connection: Connection, contender: Contender, graph_json: bytes, options: argparse.Namespace) -> None:
    """In the child: tells its parameters, then trains a block whenever asked and tells the seconds."""
    graph = Graph.from_json(graph_json)
    data = random_data(graph, options.images)
    prepared = contender.prepare(graph, data, options.batch)
    for _ in range(options.warm_up):
        prepared.train()
    connection.send(prepared.parameters)
    while connection.recv():
        begin = time.perf_counter()
        prepared.train()
        connection.send(time.perf_counter() - begin)


def random_data(graph: Graph, count: int) -> Data:
    rng = np.random.default_rng(0)
    shape, classes = graph.spec(graph.inputs[0].name).shape[1:], graph.spec(graph.outputs[0]).channels
    return rng.standard_normal((count, *shape), np.float32), rng.integers(0, classes, count)


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
    """The contender in a process of its own, warmed up; sending True makes it train a block."""
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
        raise SystemExit(f"{contender.name}: its process ended, for the reason above") from None


# --- side by side ---

Seconds = dict[Contender, list[float]]


def side_by_side(graph: Graph, contenders: Sequence[Contender], options: argparse.Namespace) -> Seconds:
    """Seconds per block, one of each round."""
    rng = random.Random(0)
    seconds: Seconds = {contender: [] for contender in contenders}
    with ExitStack() as stack:
        connections = {}
        for contender in contenders:  # one after the other: warming up side by side would take each other's time
            connection = connections[contender] = stack.enter_context(running(contender, graph, options))
            parameters = answer(connection, contender)
            if parameters != graph.trainable_parameters:
                raise SystemExit(f"{contender.name} trains {parameters} parameters of {graph.trainable_parameters}")
        for _ in track(range(options.rounds), graph.name, console=console, transient=True):
            for contender in rng.sample(list(contenders), len(contenders)):
                connections[contender].send(True)
                seconds[contender].append(answer(connections[contender], contender))
    return seconds


def speed_ratio(seconds: Seconds, over: Contender) -> Interval:
    """How many times as fast as another one pibench's model trains: the median of the rounds' ratios."""
    return _exp(median_interval(np.log(seconds[over]) - np.log(seconds[OURS])))


def _exp(interval: Interval) -> Interval:
    return Interval(*map(math.exp, interval))


def table(graph: Graph, seconds: Seconds, options: argparse.Namespace) -> Table:
    title = f"{graph.name}, batch {options.batch}, {options.rounds} rounds of {options.images} images"
    shown = Table("", "images/s", "95 %", "pibench is × as fast", "95 %", title=title, box=SIMPLE)
    for contender in CONTENDERS:
        if contender not in seconds:
            shown.add_row(contender.name, "not installed")
            continue
        speed = median_interval(options.images / np.array(seconds[contender]))
        ratio = speed_ratio(seconds, contender)
        shown.add_row(
            contender.name,
            f"{speed.estimate:.0f}",
            f"{speed.low:.0f} – {speed.high:.0f}",
            *(() if contender is OURS else (f"{ratio.estimate:.2f}", f"{ratio.low:.2f} – {ratio.high:.2f}")),
        )
    return shown


def describe_machine() -> str:
    packages = ("tensorflow", "keras", "torch")
    versions = [f"{name} {version(name)}" for name in packages if importlib.util.find_spec(name) is not None]
    load = os.getloadavg()[0]
    cores = len(os.sched_getaffinity(0))
    return f"{read_device().name}, {cores} cores, load {load:.1f} before the run; {', '.join(versions)}"


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare how fast networks train.")
    parser.add_argument("specs", nargs="*", default=NETWORKS, help="architectures (MobileNetV1 and Wide ResNet)")
    parser.add_argument("--rounds", type=_positive, default=10, help="blocks of each contender (10)")
    parser.add_argument("--images", type=_positive, default=2048, help="images in a block (2048)")
    parser.add_argument("--batch", type=_positive, default=64, help="images in a batch (64)")
    parser.add_argument("--warm-up", type=_positive, default=2, help="blocks before the first round (2)")
    return parser.parse_args()


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value


def main() -> None:
    options = parse()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    if not is_installed(OURS):
        raise SystemExit("TensorFlow is not installed here: pip install 'pibench[train]'")
    try:
        graphs = [load_graph(spec) for spec in options.specs]
    except PibenchError as error:
        raise SystemExit(str(error)) from None
    console.print(describe_machine())
    contenders = [contender for contender in CONTENDERS if is_installed(contender)]
    for graph in graphs:
        console.print(table(graph, side_by_side(graph, contenders, options), options))
    console.print(f"wanted: at least {WANTED_OF_STOCK_KERAS} × stock Keras, and level with PyTorch", style="dim")


if __name__ == "__main__":
    main()
