"""Is what ``pibench.tflite.write`` makes what TensorFlow's converter would have made?

For every network both make a .tflite with the same weights; compared are the operators (name,
version, options, tensors, order), the outputs, and the latency. Needs TensorFlow (extra ``train``)::

    python benchmarks/converter.py                          # default networks and one graph per pattern
    python benchmarks/converter.py mobilenet_v2:depth=9     # these
    python benchmarks/converter.py --null                   # what the method makes of a file against itself
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import math
import multiprocessing
import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import tflite
from rich.console import Console
from rich.table import Table

from pibench.engine import RUNTIMES, RuntimeName, open_engine
from pibench.engine.base import Engine, seeded_input
from pibench.graph import Graph, GraphBuilder
from pibench.graph.ops import Conv, DepthwiseConv, Gather, Slice
from pibench.stats import Interval, median_interval
from pibench.subject import load_graph
from pibench.suite import DEFAULT_SUITE
from pibench.tflite import write

Array = npt.NDArray[Any]

ROUNDS = 20
BLOCK_NS = 25_000_000
ALLOWED_RATIO = 1.02
ALLOWED_ERROR = 1e-4
REPORT_WIDTH = 140

# RESHAPE's options may repeat its operand; with an operand they are not read.
_FREE_OPTIONS = {"NewShape"}


# Patterns: the smallest graph in which the converter makes each of its decisions.


def _pattern(name: str, layers: Callable[[GraphBuilder, str], str]) -> Graph:
    net = GraphBuilder(name)
    return net.build(layers(net, net.input((1, 16, 16, 16))))


def _conv_bn(net: GraphBuilder, x: str, name: str = "conv", **options: Any) -> str:
    x = net.conv(x, 16, 3, name=name, **options)
    return net.batch_norm(x, name=f"{name}_bn")


def _shuffle(net: GraphBuilder, x: str) -> str:
    x = net.reshape(x, (1, 16, 16, 2, 8))
    x = net.transpose(x, (0, 1, 2, 4, 3))
    return net.reshape(x, (1, 16, 16, 16), name="flat")


def _conv_read_twice(net: GraphBuilder, x: str) -> str:
    x = net.conv(x, 16, 3)
    return net.add_tensors(net.activation(net.batch_norm(x), "relu"), x)


def _bn_then_conv(net: GraphBuilder, x: str) -> str:
    return net.conv(net.batch_norm(net.activation(x, "sigmoid")), 16, 3)


def _dilated(net: GraphBuilder, x: str) -> str:
    return net.add(Conv(filters=16, kernel=(3, 3), dilation=(2, 2)), x, name="conv")[0]


def _dilated_depthwise(net: GraphBuilder, x: str) -> str:
    return net.add(DepthwiseConv(kernel=(3, 3), dilation=(2, 2)), x, name="depthwise")[0]


def _depth_multiplier(net: GraphBuilder, x: str) -> str:
    return net.batch_norm(net.add(DepthwiseConv(kernel=(3, 3), multiplier=2), x, name="depthwise")[0])


def _dense_bn_relu(net: GraphBuilder, x: str) -> str:
    x = net.dense(net.global_average_pool(x), 24, bias=False)
    return net.activation(net.batch_norm(x), "relu")


def _two_batch_norms(net: GraphBuilder, x: str) -> str:
    return net.batch_norm(net.batch_norm(net.conv(x, 16, 3), name="first"), name="second")


def _relu_behind_dropout(net: GraphBuilder, x: str) -> str:
    x = net.conv(x, 16, 3)
    return net.add_tensors(x, net.activation(net.dropout(x, 0.5), "relu"))


def _pad_conv(net: GraphBuilder, x: str) -> str:
    return net.conv(net.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0))), 16, 3, 2, padding="valid")


def _pad_as_same(net: GraphBuilder, x: str) -> str:
    return net.depthwise_conv(net.pad(x, ((0, 0), (0, 1), (0, 1), (0, 0))), 3, 2, padding="valid")


def _slice(net: GraphBuilder, x: str) -> str:
    return net.add(Slice(begin=(0, 2, 3, 0), size=(1, 8, 8, 16)), x, name="slice")[0]


def _gather(net: GraphBuilder, x: str) -> str:
    return net.add(Gather(indices=(3, 1, 2, 0)), x, name="gather")[0]


def _squeeze_excite_dense(net: GraphBuilder, x: str) -> str:
    gate = net.dense(net.global_average_pool(x), 4, name="squeeze")
    gate = net.dense(net.activation(gate, "relu"), 16, name="excite")
    return net.multiply(x, net.reshape(net.activation(gate, "sigmoid"), (1, 1, 1, 16)))


def patterns() -> Iterator[Graph]:
    """One small graph per operation, and per neighbourhood that decides about folding and fusing."""
    layers: dict[str, Callable[[GraphBuilder, str], str]] = {
        "conv": lambda net, x: net.conv(x, 16, 3),
        "conv bias": lambda net, x: net.conv(x, 16, 3, bias=True),
        "conv bias bn": lambda net, x: _conv_bn(net, x, bias=True),
        "conv bn relu": lambda net, x: net.activation(_conv_bn(net, x), "relu"),
        "conv bn relu6": lambda net, x: net.activation(_conv_bn(net, x), "relu6"),
        "conv bn leaky_relu": lambda net, x: net.activation(_conv_bn(net, x), "leaky_relu"),
        "conv bn sigmoid": lambda net, x: net.activation(_conv_bn(net, x), "sigmoid"),
        "conv bn hard_sigmoid": lambda net, x: net.activation(_conv_bn(net, x), "hard_sigmoid"),
        "conv hard_sigmoid": lambda net, x: net.activation(net.conv(x, 16, 3), "hard_sigmoid"),
        "bn hard_sigmoid": lambda net, x: net.activation(net.batch_norm(x), "hard_sigmoid"),
        "dense hard_sigmoid": lambda net, x: net.activation(net.dense(x, 16), "hard_sigmoid"),
        "hard_sigmoid alone": lambda net, x: net.activation(x, "hard_sigmoid"),
        "add hard_sigmoid": lambda net, x: net.activation(net.add_tensors(x, net.conv(x, 16)), "hard_sigmoid"),
        "hard_sigmoid relu": lambda net, x: net.activation(net.activation(x, "hard_sigmoid"), "relu"),
        "conv bn hard_swish": lambda net, x: net.activation(_conv_bn(net, x), "hard_swish"),
        "conv 1x3 /2 valid": lambda net, x: net.conv(x, 16, (1, 3), 2, padding="valid"),
        "conv read twice": _conv_read_twice,
        "conv dilated": _dilated,
        "grouped conv bn relu": lambda net, x: net.activation(_conv_bn(net, x, groups=4), "relu"),
        "depthwise bn relu6": lambda net, x: net.activation(net.batch_norm(net.depthwise_conv(x, 3)), "relu6"),
        "depthwise 5x5 /2": lambda net, x: net.depthwise_conv(x, 5, 2),
        "depthwise dilated": _dilated_depthwise,
        "depthwise multiplier 2 bn": _depth_multiplier,
        "two batch norms": _two_batch_norms,
        "bn relu": lambda net, x: net.activation(net.batch_norm(x), "relu"),
        "bn alone": lambda net, x: net.batch_norm(x),
        "bn conv": _bn_then_conv,
        "relu alone": lambda net, x: net.activation(x, "relu"),
        "relu relu6": lambda net, x: net.activation(net.activation(net.conv(x, 16, 3), "relu"), "relu6"),
        "relu behind dropout": _relu_behind_dropout,
        "dense": lambda net, x: net.dense(net.global_average_pool(x), 24),
        "dense without bias": lambda net, x: net.dense(net.global_average_pool(x), 24, bias=False),
        "dense bn relu": _dense_bn_relu,
        "bn dense": lambda net, x: net.dense(net.batch_norm(net.global_average_pool(x)), 24),
        "dense rank 4": lambda net, x: net.dense(x, 24),
        "dense behind flatten": lambda net, x: net.dense(net.reshape(x, (1, 4096)), 24),
        "dense softmax": lambda net, x: net.softmax(net.dense(net.global_average_pool(x), 24)),
        "squeeze excite conv": _squeeze_excite_conv,
        "squeeze excite dense": _squeeze_excite_dense,
        "add relu": lambda net, x: net.activation(net.add_tensors(x, net.conv(x, 16)), "relu"),
        "multiply relu6": lambda net, x: net.activation(net.multiply(x, net.conv(x, 16)), "relu6"),
        "add itself": lambda net, x: net.add_tensors(x, x),
        "concat": lambda net, x: net.concat(x, net.conv(x, 8), net.max_pool(x, 3, 1, padding="same")),
        "concat relu": lambda net, x: net.activation(net.concat(x, net.conv(x, 8)), "relu"),
        "split concat": lambda net, x: net.concat(*reversed(net.split(x, (8, 8)))),
        "split unequal concat": lambda net, x: net.concat(*reversed(net.split(x, (4, 12)))),
        "channel shuffle": _shuffle,
        "transpose": lambda net, x: net.transpose(x, (0, 2, 1, 3)),
        "average pool": lambda net, x: net.average_pool(x, 2, 2),
        "average pool same relu": lambda net, x: net.activation(net.average_pool(x, 3, 2, padding="same"), "relu"),
        "max pool relu": lambda net, x: net.activation(net.max_pool(x, 2, 2), "relu"),
        "global pool": lambda net, x: net.global_average_pool(x),
        "global pool keep_dims": lambda net, x: net.global_average_pool(x, keep_dims=True),
        "global pool relu": lambda net, x: net.activation(net.global_average_pool(x), "relu"),
        "pad": lambda net, x: net.pad(x, ((0, 0), (1, 2), (0, 1), (0, 0))),
        "pad conv": _pad_conv,
        "pad as same would": _pad_as_same,
        "slice": _slice,
        "gather": _gather,
        "reshape reshape": lambda net, x: net.reshape(net.reshape(x, (1, 4096)), (1, 64, 64), name="again"),
        "dropout": lambda net, x: net.dropout(net.conv(x, 16), 0.5),
        "softmax": lambda net, x: net.softmax(x),
    }
    for name, function in layers.items():
        yield _pattern(name, function)


def _squeeze_excite_conv(net: GraphBuilder, x: str) -> str:
    gate = net.conv(net.global_average_pool(x, keep_dims=True), 4, name="squeeze")
    gate = net.conv(net.activation(gate, "relu"), 16, name="excite")
    return net.multiply(x, net.activation(gate, "sigmoid"))


def default_networks() -> Iterable[Graph]:
    """The zoo's defaults and the default suite, each network once."""
    from pibench.models.architectures import architectures

    graphs = [load_graph(spec) for spec in (*DEFAULT_SUITE, *architectures())]
    return {graph.nodes: graph for graph in reversed(graphs)}.values()


# Making the pairs, where TensorFlow is.


class Pair(NamedTuple):
    """One network as both made it, and what Keras predicts for an input."""

    name: str
    converted: bytes
    written: bytes
    image: Array
    predictions: list[Array]


def make_pair(graph: Graph) -> Pair:
    """The network by converter and by writer, with the same weights."""
    from keras_twin import keras_twin

    from pibench.models.conversion import convert, weights_of

    model = keras_twin(graph)
    image = seeded_input(graph.output_specs(graph.inputs[0])[0], seed=1)
    predicted = model(image, training=False)
    outputs = predicted if isinstance(predicted, (list, tuple)) else [predicted]
    written = write(graph, weights_of(model, graph))
    return Pair(graph.name, convert(model), written, image, [np.asarray(output) for output in outputs])


def _make_pair_of(graph_json: bytes) -> Pair:
    return make_pair(Graph.from_json(graph_json))


def pairs(graphs: Iterable[Graph]) -> Iterator[Pair]:
    """Pairs made in a process of their own: the one that measures never loads TensorFlow."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(_make_pair_of, [graph.to_json() for graph in graphs])


# Comparing operators.


class OperatorRow(NamedTuple):
    """An operator as kernels see it: no tensor names, no positions in tables."""

    name: str
    version: int
    options: tuple[tuple[str, Any], ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def __str__(self) -> str:
        options = ", ".join(f"{field}={value}" for field, value in self.options)
        inputs, outputs = ", ".join(self.inputs), ", ".join(self.outputs)
        return f"{self.name} v{self.version} ({inputs}) -> ({outputs}) {options}"


_OPERATOR_NAMES = {code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)}
_OPTION_KINDS = {code: name for name, code in vars(tflite.BuiltinOptions).items() if isinstance(code, int)}


def operator_rows(model: bytes) -> list[OperatorRow]:
    """The operators of a file's main subgraph, in the order in which they run."""
    root = tflite.Model.GetRootAs(model, 0)
    return [_row(root, root.Subgraphs(0).Operators(k)) for k in range(root.Subgraphs(0).OperatorsLength())]


def _row(root: Any, operator: Any) -> OperatorRow:
    code = root.OperatorCodes(operator.OpcodeIndex())
    return OperatorRow(
        _OPERATOR_NAMES[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())],
        code.Version(),
        _options(operator),
        tuple(_tensor(root, index) for index in operator.InputsAsNumpy()),
        tuple(_tensor(root, index) for index in operator.OutputsAsNumpy()),
    )


def _tensor(root: Any, index: int) -> str:
    """Shape and element type, and whether its data is in the file."""
    if index < 0:
        return "none"
    tensor = root.Subgraphs(0).Tensors(index)
    shape = "×".join(str(tensor.Shape(k)) for k in range(tensor.ShapeLength())) or "scalar"
    constant = "constant " if root.Buffers(tensor.Buffer()).DataLength() else ""
    return f"{constant}{shape} t{tensor.Type()}"


def _options(operator: Any) -> tuple[tuple[str, Any], ...]:
    kind, table = _OPTION_KINDS[operator.BuiltinOptionsType()], operator.BuiltinOptions()
    if kind == "NONE" or table is None:
        return ()
    options = getattr(tflite, kind)()
    options.Init(table.Bytes, table.Pos)
    fields = (f.removeprefix(f"{kind}Add") for f in vars(tflite) if f.startswith(f"{kind}Add"))
    present = (field for field in fields if field not in _FREE_OPTIONS and hasattr(options, field))
    return tuple((field, getattr(options, field)()) for field in present)


def difference(converted: Sequence[OperatorRow], written: Sequence[OperatorRow]) -> str:
    """Empty when they are the same sequence; else the first place where they part."""
    if sorted(map(str, converted)) == sorted(map(str, written)) and list(converted) != list(written):
        k = next(k for k, (a, b) in enumerate(zip(converted, written, strict=True)) if a != b)
        return f"same operators in another order, from operator {k}: {converted[k]} | {written[k]}"
    for k, (a, b) in enumerate(zip(converted, written, strict=False)):
        if a != b:
            return f"operator {k}: {a} | {b}"
    if len(converted) != len(written):
        return f"{len(converted)} operators | {len(written)} operators"
    return ""


# Comparing outputs and latencies.


def latency_ratio(files: tuple[Path, Path], image: Array, runtime: RuntimeName, rounds: int) -> Interval:
    """Latency of the second file over the first one's.

    Every round opens both anew, in random order, since where their memory comes to lie makes a
    difference of its own; then runs them A B B A, so that drift cancels.
    """
    rng = random.Random(0)
    logs = [_log_ratio(files, image, runtime, rng) for _ in range(rounds)]
    return Interval(*(math.exp(value) for value in median_interval(logs)))


def _log_ratio(files: tuple[Path, Path], image: Array, runtime: RuntimeName, rng: random.Random) -> float:
    a, b = rng.sample((0, 1), 2)
    with contextlib.ExitStack() as stack:
        engines = {k: stack.enter_context(open_engine(runtime, str(files[k]))) for k in (a, b)}
        for engine in engines.values():
            engine.write_input(0, image)
        samples = max(_samples_per_block(engine) for engine in engines.values())
        durations_ns: dict[int, list[Array]] = {a: [], b: []}
        for k in (a, b, b, a):
            durations_ns[k].append(engines[k].run(samples).duration_ns)
    medians_ns = [float(np.median(np.concatenate(durations_ns[k]))) for k in (0, 1)]
    return math.log(medians_ns[1] / medians_ns[0])


def _samples_per_block(engine: Engine) -> int:
    """How many invocations fill a block; those that find it out are the warm-up."""
    return max(int(BLOCK_NS / float(np.median(engine.run(5).duration_ns))), 5)


class Result(NamedTuple):
    """One network's row; the ratio is missing for those that are not timed."""

    name: str
    operators: int
    difference: str
    error: float
    ratio: Interval | None

    @property
    def verdict(self) -> str:
        """Whether the interval lies within the allowed ratio, outside it, or on its border."""
        if self.ratio is None:
            return ""
        low, high = 1 / ALLOWED_RATIO, ALLOWED_RATIO
        if low <= self.ratio.low <= self.ratio.high <= high:
            return "yes"
        return "no" if self.ratio.low > high or self.ratio.high < low else "unclear"


def compare(pair: Pair, runtime: RuntimeName, rounds: int, against_itself: bool) -> Result:
    rows = operator_rows(pair.converted), operator_rows(pair.written)
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder, "converted.tflite"), Path(folder, "written.tflite")
        files[0].write_bytes(pair.written if against_itself else pair.converted)
        files[1].write_bytes(pair.written)
        error = max(largest_error(file, pair, runtime) for file in files)
        ratio = latency_ratio(files, pair.image, runtime, rounds) if rounds else None
    return Result(pair.name, len(rows[0]), difference(*rows), error, ratio)


def largest_error(file: Path, pair: Pair, runtime: RuntimeName) -> float:
    """Of all outputs, against Keras' prediction, relative to the largest value of each."""
    with open_engine(runtime, str(file)) as engine:
        engine.write_input(0, pair.image)
        engine.run(1)
        outputs = [engine.read_output(k) for k in range(len(engine.outputs))]
    return max(
        float(np.abs(got - wanted).max() / np.abs(wanted).max())
        for got, wanted in zip(outputs, pair.predictions, strict=True)
    )


def table(results: Iterable[Result]) -> Table:
    shown = Table(box=None)
    for title in ("network", "operators", "sequence", "error", "written/converted", "95 %", "within 2 %"):
        shown.add_column(title, justify="left" if title in ("network", "sequence") else "right")
    for result in results:
        error = f"{result.error:.1e}" + ("" if result.error <= ALLOWED_ERROR else " !")
        ratio, interval = "", ""
        if result.ratio is not None:
            ratio = f"{result.ratio.estimate:.4f}"
            interval = f"{result.ratio.low:.4f} – {result.ratio.high:.4f}"
        sequence = "different" if result.difference else "equal"
        shown.add_row(result.name, str(result.operators), sequence, error, ratio, interval, result.verdict)
    return shown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("specs", nargs="*", help="networks, as for `pibench bench`; default: zoo, suite and patterns")
    parser.add_argument("--runtime", default="litert", choices=RUNTIMES)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of the latency comparison; 0: none")
    parser.add_argument("--null", action="store_true", help="time the written file against itself")
    arguments = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else REPORT_WIDTH)
    if importlib.util.find_spec("tensorflow") is None:
        console.print("TensorFlow is not installed here: pip install 'pibench\\[train]'")
        raise SystemExit(2)
    networks = [load_graph(spec) for spec in arguments.specs] or list(default_networks())
    small = [] if arguments.specs else list(patterns())
    results: list[Result] = []
    for pair in pairs([*networks, *small]):
        rounds = arguments.rounds if len(results) < len(networks) else 0
        results.append(compare(pair, arguments.runtime, rounds, arguments.null))
    console.print(table(results))
    for result in filter(lambda result: result.difference, results):
        console.print(f"{result.name} (converter | writer): {result.difference}", markup=False)
    # A pattern that differs is a finding; a network that differs, or any wrong output, is a failure.
    differ = any(result.difference for result in results[: len(networks)])
    raise SystemExit(differ or any(result.error > ALLOWED_ERROR for result in results))


if __name__ == "__main__":
    main()
