"""pibench's loop beside the loops that people write, on the same models in the same minutes.

    make bench-harness

In every round each harness takes one block, in random order: it opens the model afresh, warms
up, and times inferences for a while, so that at any time one model alone is in memory. A ratio
is taken within a round, between blocks that are neighbours in time: load and heat that come and
go cancel. The figure of a block is its median; medians and ratios over the rounds come with
distribution-free 95 % intervals.

LiteRT is in the wheel behind two doors, which do different work around the kernels. pibench
and CompiledModel go through the newer one, the wheel's Interpreter through the older one: it
may be the faster one on tiny models. benchmark_litert_model.py prints hundredths of a
millisecond; half of that widens its intervals.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import math
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from instructions import MOST_INSTRUCTIONS, CannotCountError, describe, instructions_per_sample, one_conv
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import track
from rich.table import Table

from pibench import _native
from pibench.engine import RuntimeName, installed_runtimes, open_engine
from pibench.engine.base import seeded_input
from pibench.graph import TensorSpec
from pibench.measure.settle import group_size
from pibench.stats import Interval, median_interval
from pibench.subject import load_subject

TINY = "one 1×1 convolution"
NETWORKS = ("mobilenet_v1:depth=15,width=32", "wide_resnet:depth=22,width=16")

WARM_UP_NS = 20_000_000
BLOCK_NS = 40_000_000
TOOL_MODULE = "ai_edge_litert.tools.benchmark_litert_model"
TOOL_RUNS = 50  # what its user gets without asking
TOOL_STEP_NS = 10_000  # it prints hundredths of a millisecond
TIMEOUT_S = 120
MOST_NS_BESIDE_CLOCK = 20

console = Console()

Sampler = Callable[[int], npt.NDArray[np.float64]]
"""Takes so many samples; returns ns per inference."""
Opener = Callable[[Path, int], contextlib.AbstractContextManager[Sampler]]


class Harness(NamedTuple):
    """A way to time a model. ``block`` returns its figure of one block: ns per inference."""

    name: str
    block: Callable[[Path, int], float]
    baseline: str


# --- pibench's own loop ---


@contextlib.contextmanager
def native(runtime: RuntimeName, grouped: bool, path: Path, threads: int) -> Iterator[Sampler]:
    with open_engine(runtime, str(path), threads) as engine:
        for index, tensor in enumerate(engine.inputs):
            engine.write_input(index, seeded_input(tensor.spec, index))
        group = group_for(engine.run(100).duration_ns) if grouped else 1

        def sample(count: int) -> npt.NDArray[np.float64]:
            return engine.run(max(1, count // group), group).duration_ns / group

        yield sample


def group_for(duration_ns: npt.NDArray[np.int64]) -> int:
    """Inferences per sample, as pibench chooses them."""
    return group_size(float(np.median(duration_ns)), _native.clock_step_ns())


# --- Python loops around each runtime's own invoke ---


def time_calls(call: Callable[[], Any], count: int) -> npt.NDArray[np.float64]:
    """The loop that people write: a clock read, the call, a clock read."""
    durations_ns = []
    for _ in range(count):
        begin = time.perf_counter_ns()
        call()
        durations_ns.append(time.perf_counter_ns() - begin)
    return np.array(durations_ns, float)


@contextlib.contextmanager
def interpreter(module: str, path: Path, threads: int) -> Iterator[Sampler]:
    """tflite_runtime's Interpreter, or LiteRT's older door of the same shape."""
    model = importlib.import_module(module).Interpreter(model_path=str(path), num_threads=threads)
    model.allocate_tensors()
    for index, detail in enumerate(model.get_input_details()):
        spec = TensorSpec(tuple(map(int, detail["shape"])), np.dtype(detail["dtype"]).name)
        model.set_tensor(detail["index"], seeded_input(spec, index))
    yield partial(time_calls, model.invoke)


@contextlib.contextmanager
def compiled_model(path: Path, threads: int) -> Iterator[Sampler]:
    from ai_edge_litert.compiled_model import CompiledModel
    from ai_edge_litert.options import CpuOptions, Options

    options = Options(cpu_options=CpuOptions(num_threads=threads))
    with CompiledModel.from_file(str(path), options=options) as model:
        inputs, outputs = model.create_input_buffers(0), model.create_output_buffers(0)
        signature = next(iter(model.get_signature_list()))
        details = model.get_input_tensor_details(signature).values()
        for index, (buffer, detail) in enumerate(zip(inputs, details, strict=True)):
            buffer.write(seeded_input(TensorSpec(tuple(detail["shape"]), detail["dtype"]), index))
        yield partial(time_calls, partial(model.run_by_index, 0, inputs, outputs))


# --- blocks ---


def in_process_block(opener: Opener, path: Path, threads: int) -> float:
    with quiet():
        return float(np.median(_block_samples(opener, path, threads)))


def _block_samples(opener: Opener, path: Path, threads: int) -> npt.NDArray[np.float64]:
    with opener(path, threads) as sample:
        latency_ns = warm_up(sample)
        return sample(max(10, int(BLOCK_NS / latency_ns)))


def warm_up(sample: Sampler) -> float:
    """Run for a while; returns the time of one inference, the loop around it included, in ns."""
    end_ns, count, latency_ns = time.perf_counter_ns() + WARM_UP_NS, 1, math.inf
    while (begin := time.perf_counter_ns()) < end_ns:
        sample(count)
        latency_ns = (time.perf_counter_ns() - begin) / count
        count = min(2 * count, max(1, int(WARM_UP_NS / 4 / latency_ns)))
    return latency_ns


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """The runtimes log every load and release to the process's stderr."""
    sys.stderr.flush()
    saved = os.dup(2)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


class ToolError(Exception):
    """benchmark_litert_model.py did not print a figure; the message says why."""


def tool_block(path: Path, threads: int) -> float:
    """The median that LiteRT's own script prints, run as its user would; 0 if that is too short for its print."""
    return printed(tool_output(path, threads), r"Inference \(median\):\s+([\d.]+) ms") * 1e6


def tool_output(path: Path, threads: int, *options: str) -> str:
    """What LiteRT's own script prints."""
    command = [sys.executable, "-m", TOOL_MODULE, f"--model={path}", f"--num_threads={threads}", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT_S)
    if done.returncode != 0:
        raise ToolError(reason(done))
    return done.stdout


def printed(output: str, pattern: str) -> float:
    """The number that a line of the script's output tells."""
    found = re.search(pattern, output)
    if found is None:
        raise ToolError(f"{TOOL_MODULE} printed no line like {pattern}")
    return float(found[1])


def reason(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode < 0:
        return f"ended by {signal.Signals(-done.returncode).name}"
    return (done.stderr.strip().splitlines() or [f"ended with code {done.returncode}"])[-1]


# --- which harnesses there are, and which of them work here ---


def all_harnesses() -> list[Harness]:
    """Those of the installed runtimes, pibench's first."""
    runtimes = {info.name for info in installed_runtimes()}
    found = []
    if "litert" in runtimes:
        ours = "pibench, LiteRT"
        found += [
            Harness(ours, partial(in_process_block, partial(native, "litert", True)), ours),
            Harness(f"{ours}, ungrouped", partial(in_process_block, partial(native, "litert", False)), ours),
            Harness("Python, LiteRT CompiledModel", partial(in_process_block, compiled_model), ours),
            Harness("Python, LiteRT Interpreter", _python_block("ai_edge_litert.interpreter"), ours),
            Harness("benchmark_litert_model.py", tool_block, ours),
        ]
    if "tflite" in runtimes:
        ours = "pibench, tflite"
        found += [
            Harness(ours, partial(in_process_block, partial(native, "tflite", True)), ours),
            Harness(f"{ours}, ungrouped", partial(in_process_block, partial(native, "tflite", False)), ours),
            Harness("Python, tflite Interpreter", _python_block("tflite_runtime.interpreter"), ours),
        ]
    return found


def _python_block(module: str) -> Callable[[Path, int], float]:
    return partial(in_process_block, partial(interpreter, module))


def working(harnesses: Sequence[Harness], path: Path, threads: int) -> list[Harness]:
    """Those that survive a block in a process of their own; says what became of the others."""
    found = []
    for harness in harnesses:
        command = [sys.executable, __file__, "--threads", str(threads), "--try", harness.name, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT_S)
        if done.returncode == 0:
            found.append(harness)
        else:
            console.print(f"{harness.name} is left out, it does not run here: {reason(done)}")
    return found


# --- side by side ---

Figures = dict[str, list[float]]


def side_by_side(harnesses: Sequence[Harness], path: Path, options: argparse.Namespace, title: str) -> Figures:
    """ns per inference by harness, one figure per round."""
    rng = random.Random(options.seed)
    figures: Figures = {harness.name: [] for harness in harnesses}
    for _ in track(range(options.rounds), title, console=console, transient=True):
        for harness in rng.sample(list(harnesses), len(harnesses)):
            figures[harness.name].append(harness.block(path, options.threads))
    return figures


def median(figures: Figures, harness: Harness) -> Interval:
    found = median_interval(figures[harness.name])
    rounding_ns = rounding_half_width_ns(harness)
    return Interval(found.estimate, found.low - rounding_ns, found.high + rounding_ns)


def ratio(figures: Figures, harness: Harness) -> Interval:
    """Median of the rounds' ratios to pibench's loop, via logarithms."""
    logs = median_interval(np.log(figures[harness.name]) - np.log(figures[harness.baseline]))
    rounding = 1 + rounding_half_width_ns(harness) / median(figures, harness).estimate
    return Interval(math.exp(logs.estimate), math.exp(logs.low) / rounding, math.exp(logs.high) * rounding)


def rounding_half_width_ns(harness: Harness) -> float:
    return TOOL_STEP_NS / 2 if harness.block is tool_block else 0


def show(figures: Figures, harnesses: Sequence[Harness], title: str) -> None:
    table = Table("harness", "µs per inference", "× pibench's loop", title=title, box=SIMPLE, padding=(0, 0, 0, 1))
    for harness in harnesses:
        if not all(figures[harness.name]):
            table.add_row(harness.name, f"prints {figures[harness.name][0] / 1e6:.2f} ms", "–")
            continue
        own = harness.name == harness.baseline
        table.add_row(
            harness.name,
            _cell(median(figures, harness), unit=1e3),
            "1" if own else _cell(ratio(figures, harness)),
        )
    console.print(table)


def _cell(interval: Interval, unit: float = 1) -> str:
    """The estimate and its interval, to four significant digits of the estimate."""
    estimate, low, high = (value / unit for value in interval)
    decimals = max(0, 3 - math.floor(math.log10(estimate)))
    return f"{estimate:.{decimals}f} ({low:.{decimals}f} – {high:.{decimals}f})"


# --- what each loop costs by itself ---


class LoopCost(NamedTuple):
    """Around nothing, in ns: what a sample shows as its duration, and what it takes in all."""

    inside_ns: float
    sample_ns: float


def native_cost(samples: int) -> LoopCost:
    start_ns, duration_ns = np.zeros(samples, np.int64), np.zeros(samples, np.int64)
    _native.time_nothing(start_ns, duration_ns)
    return LoopCost(float(duration_ns.mean()), float(start_ns[-1] - start_ns[0]) / (samples - 1))


def python_cost(samples: int) -> LoopCost:
    begin = time.perf_counter_ns()
    inside_ns = time_calls(do_nothing, samples).mean()
    return LoopCost(float(inside_ns), (time.perf_counter_ns() - begin) / samples)


def bare_python_cost(samples: int) -> LoopCost:
    """Two clock reads in a Python loop, with not even a call between them."""
    durations_ns = []
    begin = time.perf_counter_ns()
    for _ in range(samples):
        start = time.perf_counter_ns()
        durations_ns.append(time.perf_counter_ns() - start)
    return LoopCost(float(np.mean(durations_ns)), (time.perf_counter_ns() - begin) / samples)


def do_nothing() -> None:
    pass


def clock_read_ns(reads: int) -> float:
    """One clock read: the difference of many reads and three times as many."""
    times = []
    for count in (reads, 3 * reads):
        begin = time.perf_counter_ns()
        _native.clock_step_ns(count)
        times.append(time.perf_counter_ns() - begin)
    return (times[1] - times[0]) / (2 * reads)


LOOPS: dict[str, Callable[[int], LoopCost]] = {
    "pibench": native_cost,
    "Python, an empty function": python_cost,
    "Python, no call at all": bare_python_cost,
}


def show_loop_costs(batches: int = 51, samples: int = 10_000) -> None:
    costs: dict[str, list[LoopCost]] = {name: [] for name in LOOPS}
    beside_ns, reads_ns = [], []
    for _ in range(batches):
        for name, cost in LOOPS.items():
            costs[name].append(cost(samples))
        reads_ns.append(clock_read_ns(samples))
        beside_ns.append(costs["pibench"][-1].sample_ns - 2 * reads_ns[-1])
    table = Table("loop", "ns in a duration", "ns per sample", "× pibench's", title="Around nothing", box=SIMPLE)
    for name, measured in costs.items():
        inside_ns, sample_ns = np.median(measured, axis=0)
        ratios = [other.sample_ns / ours.sample_ns for other, ours in zip(measured, costs["pibench"], strict=True)]
        table.add_row(name, f"{inside_ns:.1f}", f"{sample_ns:.1f}", f"{np.median(ratios):.2f}")
    console.print(table)
    console.print(
        f"pibench's loop beside its two clock reads of {np.median(reads_ns):.1f} ns:"
        f" {np.median(beside_ns):.1f} ns per sample (wanted: at most {MOST_NS_BESIDE_CLOCK} ns)"
    )


def show_tool_cost(path: Path, threads: int) -> None:
    begin = time.perf_counter()
    tool_block(path, threads)
    seconds = time.perf_counter() - begin
    console.print(
        f"benchmark_litert_model.py has a Python loop too; a process of it takes {seconds:.2f} s"
        f" for its {TOOL_RUNS} samples ({seconds / TOOL_RUNS * 1e3:.0f} ms each), and prints hundredths of a ms"
    )


def show_instructions() -> None:
    try:
        console.print(describe(instructions_per_sample()))
    except CannotCountError as error:
        console.print(f"{error} (wanted: at most {MOST_INSTRUCTIONS} per sample)")


# --- command line ---


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare pibench's loop with those that people write.")
    parser.add_argument("--rounds", type=int, default=30, help="blocks of each harness per model (30)")
    parser.add_argument("--threads", type=int, default=1, help="threads of the runtimes (1)")
    parser.add_argument("--seed", type=int, default=0, help="of the order (0)")
    parser.add_argument("--try", dest="only", nargs=2, metavar=("HARNESS", "MODEL"), help=argparse.SUPPRESS)
    return parser.parse_args()


def compare(options: argparse.Namespace, folder: Path) -> None:
    models = {TINY: one_conv(8, 16), **{spec: load_subject(spec).model for spec in NETWORKS}}
    harnesses: list[Harness] = []
    path = folder / "model.tflite"
    for name, model in models.items():
        path.write_bytes(model)
        harnesses = harnesses or working(all_harnesses(), path, options.threads)
        # Networks are long enough for the clock: grouping is no difference there.
        shown = [harness for harness in harnesses if name == TINY or "ungrouped" not in harness.name]
        title = f"{name}, threads: {options.threads}, rounds: {options.rounds}"
        show(side_by_side(shown, path, options, name), shown, title)
    show_loop_costs()
    if any(harness.block is tool_block for harness in harnesses):
        show_tool_cost(path, options.threads)
    show_instructions()


def main() -> None:
    options = parse()
    if options.only:
        name, path = options.only
        next(harness for harness in all_harnesses() if harness.name == name).block(Path(path), options.threads)
        return
    with tempfile.TemporaryDirectory() as folder:
        compare(options, Path(folder))


if __name__ == "__main__":
    main()
