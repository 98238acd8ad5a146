"""How long writing a .tflite takes: 256 one-layer networks, beside TensorFlow's converter.

A look-up table asks for thousands of such files, so a millisecond each is what it can afford::

    python benchmarks/writer.py

The converter takes part where TensorFlow (extra ``train``) is installed.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import time
from collections.abc import Callable, Iterable
from itertools import product

import numpy as np
from rich.console import Console

from pibench.graph import Graph, GraphBuilder
from pibench.tflite import write

NS_PER_MS = 1e6
LIMIT_MS = 3.0
CHANNELS = (3, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256)
SIZES = (32, 16, 8)
GRID = 256
WRITER_REPEATS = 5
CONVERTED = 5
CONVERTER_REPEATS = 2
REPORT_WIDTH = 120


def layer(kernel: int, channels: int, filters: int, size: int) -> Graph:
    """Convolution, batch norm, ReLU."""
    net = GraphBuilder(f"conv{kernel}_{channels}_{filters}_{size}")
    x = net.conv(net.input((1, size, size, channels)), filters, kernel)
    return net.build(net.activation(net.batch_norm(x), "relu"))


def grid() -> list[Graph]:
    """Layers spread evenly over kernels, channels in and out, and image sizes; the largest is among them."""
    every = list(product((1, 3), CHANNELS, CHANNELS, SIZES))
    chosen = np.linspace(0, len(every) - 1, GRID).round().astype(int)
    return [layer(*every[k]) for k in chosen]


def best_times_ms(make: Callable[[Graph], object], graphs: Iterable[Graph], repeats: int) -> list[float]:
    """Each graph's shortest time of several: what the work takes when nothing else interrupts it."""
    return [min(_time_ms(make, graph) for _ in range(repeats)) for graph in graphs]


def _time_ms(make: Callable[[Graph], object], graph: Graph) -> float:
    begin_ns = time.perf_counter_ns()
    make(graph)
    return (time.perf_counter_ns() - begin_ns) / NS_PER_MS


def time_writer(console: Console, graphs: list[Graph]) -> None:
    write(graphs[0])  # imports and the pool of random numbers are paid once per process
    times_ms = best_times_ms(write, graphs, WRITER_REPEATS)
    slowest = int(np.argmax(times_ms))
    verdict = "within" if times_ms[slowest] <= LIMIT_MS else "ABOVE"
    console.print(
        f"writer, {len(graphs)} convolutions, ms: median {np.median(times_ms):.3f},"
        f" p95 {np.percentile(times_ms, 95):.3f}, max {times_ms[slowest]:.3f} ({graphs[slowest].name}),"
        f" {verdict} the {LIMIT_MS} ms allowed"
    )


def time_converter(console: Console, graphs: list[Graph]) -> None:
    """The converter's time alone: the Keras models are made beforehand."""
    from keras_twin import keras_twin

    from pibench.models.conversion import convert

    convert(keras_twin(graphs[0]))
    twins = {graph.name: keras_twin(graph) for graph in graphs}
    converter_ms = best_times_ms(lambda graph: convert(twins[graph.name]), graphs, CONVERTER_REPEATS)
    writer_ms = best_times_ms(write, graphs, WRITER_REPEATS)
    for graph, theirs_ms, ours_ms in zip(graphs, converter_ms, writer_ms, strict=True):
        ratio = theirs_ms / ours_ms
        console.print(f"{graph.name}: converter {theirs_ms:.0f} ms, writer {ours_ms:.3f} ms, ratio {ratio:.0f}")


def main() -> None:
    console = Console(width=None if sys.stdout.isatty() else REPORT_WIDTH, highlight=False)
    graphs = grid()
    time_writer(console, graphs)
    if importlib.util.find_spec("tensorflow") is None:
        console.print("converter: not timed, since TensorFlow is not installed here")
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    time_converter(console, graphs[:: GRID // CONVERTED])


if __name__ == "__main__":
    main()
