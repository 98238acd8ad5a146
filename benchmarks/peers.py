"""The figure of a model that other tools give when they sample for so long.

Each starts processes of its own, as its user would. The time is that of sampling: what a tool
needs to start and to warm up comes on top.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from harness import TIMEOUT_S, TOOL_RUNS, ToolError, printed, reason, tool_output

from pibench.subject import load_graph

_MEBI = 2**20

# The target that pytest-benchmark is given; its inputs are pibench's.
_TEST = """
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from pibench.engine.base import seeded_input
from pibench.graph import TensorSpec


def test_invoke(benchmark):
    interpreter = Interpreter(model_path={path!r}, num_threads={threads})
    interpreter.allocate_tensors()
    for index, detail in enumerate(interpreter.get_input_details()):
        spec = TensorSpec(tuple(map(int, detail["shape"])), np.dtype(detail["dtype"]).name)
        interpreter.set_tensor(detail["index"], seeded_input(spec, index))
    benchmark(interpreter.invoke)
"""


class Figure(NamedTuple):
    """ns per inference."""

    median_ns: float
    mean_ns: float


def litert_tool(path: Path, threads: int, seconds: float, latency_ns: float) -> Figure:
    """What benchmark_litert_model.py prints. ``latency_ns``: about what an inference takes, to fill the time.

    Its times are printed in hundredths of a millisecond, but its throughput is input bytes over
    the mean, with more digits: the mean is taken from there.
    """
    runs = max(TOOL_RUNS, round(seconds * 1e9 / latency_ns))
    output = tool_output(path, threads, f"--num_runs={runs}")
    median_ms = printed(output, r"Inference \(median\):\s+([\d.]+) ms")
    throughput = printed(output, r"Throughput:\s+([\d.]+) MB/s")
    mean_ns = input_bytes(path) / _MEBI / throughput * 1e9
    return Figure(median_ms * 1e6, mean_ns)


def input_bytes(path: Path) -> int:
    graph = load_graph(str(path))
    return sum(spec.bytes for node in graph.inputs for spec in graph.output_specs(node))


def pytest_benchmark(path: Path, threads: int, seconds: float) -> Figure:
    """A test of one line under pytest-benchmark, LiteRT's Interpreter.invoke its target."""
    with tempfile.TemporaryDirectory(prefix="pibench-") as folder:
        # Without a configuration of its own it would look for one in the folders above.
        Path(folder, "pytest.ini").write_text("[pytest]\n")
        Path(folder, "test_invoke.py").write_text(_TEST.format(path=str(path), threads=threads))
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--benchmark-max-time={seconds}"]
        command += ["--benchmark-json=out.json", "test_invoke.py"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=TIMEOUT_S)
        if done.returncode != 0:
            raise ToolError(done.stdout.strip() or reason(done))
        (benchmark,) = json.loads(Path(folder, "out.json").read_bytes())["benchmarks"]
    stats = benchmark["stats"]
    return Figure(stats["median"] * 1e9, stats["mean"] * 1e9)
