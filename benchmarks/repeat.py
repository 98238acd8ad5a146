"""How often `pibench ab` errs on identical models, and by how much: `make bench-repeat`.

Each comparison is of a model with itself, as a user would run it, shortened to --seconds. An
interval that excludes 1 is a false call; |ratio - 1| is the error.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

from pibench.measure.duel import BlockLatencies, Contestant, DuelProtocol, DuelSampler, judged
from pibench.report import Condition
from pibench.subject import load_subject
from pibench.suite import DEFAULT_SUITE
from pibench.worker.client import Worker, probed_clock


def compare_with_itself(model: Path, seconds: float, seed: int, clock_step_ns: int) -> BlockLatencies:
    contestant = Contestant(model.name, model, Condition())
    protocol = DuelProtocol(seconds=seconds, seed=seed)
    return DuelSampler((contestant, contestant), protocol, clock_step_ns, worker=Worker).run()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--comparisons", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=1.0, help="sampling time of each")
    arguments = parser.parse_args()
    clock_step_ns = probed_clock().step_ns
    begin_s, false_calls, errors, decided = time.monotonic(), 0, [], 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(arguments.comparisons):
            spec = DEFAULT_SUITE[number % len(DEFAULT_SUITE)]
            model = Path(folder, "model.tflite")
            model.write_bytes(load_subject(spec).model)
            duel = judged(compare_with_itself(model, arguments.seconds, number, clock_step_ns), threshold=0.01)
            false_calls += not duel.low <= 1 <= duel.high
            decided += duel.verdict == "same"
            errors.append(abs(duel.ratio - 1))
            interval = f"{duel.ratio:.4f} ({duel.low:.4f} to {duel.high:.4f})"
            print(f"{number + 1:4d}  {interval}  {duel.verdict}  {spec}", flush=True)
    print(
        f"\n{len(errors)} comparisons of identical models, {arguments.seconds:g} s of samples each"
        f" ({(time.monotonic() - begin_s) / len(errors):.1f} s in all), load average {psutil.getloadavg()[2]:.1f}\n"
        f"interval excludes 1: {false_calls} ({false_calls / len(errors):.1%})\n"
        f"called the same within 1 %: {decided} ({decided / len(errors):.0%})\n"
        f"error of the ratio: median {np.median(errors):.2%}, 95th percentile {np.quantile(errors, 0.95):.2%},"
        f" largest {max(errors):.2%}"
    )


if __name__ == "__main__":
    main()
