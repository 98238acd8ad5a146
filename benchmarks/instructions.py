"""Instructions that the timed loop spends on a sample beside the runtime's own.

    python benchmarks/instructions.py [--json]

valgrind's callgrind counts executed instructions, which no other process disturbs. A child
process runs every loop under it for n samples, and another one for 2n. Counted is all that
happens in the function that holds the loop and in whatever it calls, less what happens inside
the runtime's invocation; the difference of the two processes, divided by n, is free of what
happens once. A Python call or an allocation that strays into the loop is therefore counted.

Two limits. valgrind hides the vDSO, so that libc asks the kernel for the time: of a clock read
only libc's instructions count (10 on x86-64, where the vDSO's function has about 60 more).
And a loop inlined elsewhere is not found, which ends with a sentence instead of a count.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pibench import _native
from pibench.engine import RUNTIMES, RuntimeName, installed_runtimes, open_engine
from pibench.graph.builder import GraphBuilder
from pibench.tflite import write

MOST_INSTRUCTIONS = 150
SAMPLES = 2000


class CannotCountError(Exception):
    """Why there is no count, as a sentence for people."""


class Loop(NamedTuple):
    """Where a loop is compiled to, and what it invokes; both are parts of function names."""

    function: str
    invoked: str | None


NOTHING = "nothing"
LOOPS: dict[str, Loop] = {
    NOTHING: Loop("time_nothing", None),
    "litert": Loop("LiteRtEngine__loop", "LiteRtRunCompiledModel"),
    "tflite": Loop("TfliteLoop__loop", "Interpreter::Invoke"),
}


def instructions_per_sample() -> dict[str, float]:
    """Counts by what the loop runs: "nothing" and each installed runtime. Raises CannotCountError."""
    loops = [NOTHING, *(runtime.name for runtime in installed_runtimes())]
    with tempfile.TemporaryDirectory() as folder:
        once = _profile(Path(folder), SAMPLES)
        twice = _profile(Path(folder), 2 * SAMPLES)
    return {name: (_own_cost(twice, LOOPS[name]) - _own_cost(once, LOOPS[name])) / SAMPLES for name in loops}


# Instructions by (function, function it called), inclusive; the callee of its own ones is "".
_Profile = Counter[tuple[str, str]]


def _profile(folder: Path, samples: int) -> _Profile:
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise CannotCountError("valgrind is not installed, so no instructions were counted: sudo apt install valgrind")
    profile = folder / f"callgrind.{samples}"
    options = ["--tool=callgrind", "--compress-strings=no", "--compress-pos=no", "--dump-line=no"]
    command = [valgrind, *options, f"--callgrind-out-file={profile}", sys.executable, __file__, "--run", str(samples)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotCountError(f"the loops do not run under valgrind: {' '.join(done.stderr.split()[-40:])}")
    return parse_callgrind(profile.read_text(errors="replace"))


def parse_callgrind(text: str) -> _Profile:
    """Read callgrind's output format, written without compression and without line numbers."""
    costs: _Profile = Counter()
    function = callee = ""
    is_call_cost = False
    for line in text.splitlines():
        key, _, value = line.partition("=")
        if key == "fn":
            function = value
        elif key == "cfn":
            callee = value
        elif key == "calls":
            is_call_cost = True
        elif line[:1].isdigit():
            costs[function, callee if is_call_cost else ""] += int(line.split()[-1])
            is_call_cost = False
    return costs


def _own_cost(profile: _Profile, loop: Loop) -> int:
    costs = {callee: cost for (function, callee), cost in profile.items() if loop.function in function}
    invoked = [callee for callee in costs if loop.invoked is not None and loop.invoked in callee]
    if not costs or (loop.invoked is not None and not invoked):
        raise CannotCountError(f"the profile does not show {loop.invoked or 'a loop'} in {loop.function}")
    return sum(cost for callee, cost in costs.items() if callee not in invoked)


def run_loops(samples: int) -> None:
    """What the child does under valgrind: every loop once."""
    start_ns, duration_ns = np.empty(samples, np.int64), np.empty(samples, np.int64)
    _native.time_nothing(start_ns, duration_ns)
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model.tflite"
        model.write_bytes(one_conv())
        for runtime in installed_runtimes():
            _run_engine(runtime.name, model, samples)


def _run_engine(runtime: RuntimeName, model: Path, samples: int) -> None:
    # Reference kernels: valgrind does not know every vector instruction that XNNPACK may choose.
    with open_engine(runtime, str(model), kernels="reference") as engine:
        engine.run(samples)


def one_conv(size: int = 1, channels: int = 8) -> bytes:
    """A model of a single 1×1 convolution."""
    builder = GraphBuilder("one_conv")
    image = builder.input((1, size, size, channels))
    return write(builder.build(builder.conv(image, channels)))


def describe(counts: dict[str, float]) -> str:
    """The counts as lines for people."""
    parts = [f"{counts[name]:.1f} around {name}" for name in (NOTHING, *RUNTIMES) if name in counts]
    return (
        f"Instructions per sample beside the runtime's own: {', '.join(parts)}"
        f" (wanted: at most {MOST_INSTRUCTIONS}; without the vDSO's clock function)"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="Count the timed loop's instructions per sample.")
    parser.add_argument("--json", action="store_true", help="print the counts as a JSON object")
    parser.add_argument("--run", type=int, metavar="SAMPLES", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        run_loops(arguments.run)
        return 0
    try:
        counts = instructions_per_sample()
    except CannotCountError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(counts) if arguments.json else describe(counts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
