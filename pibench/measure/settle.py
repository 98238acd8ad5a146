"""The warm-up: run a loaded model until its latency has come to rest."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pibench.measure.asks import Asks
from pibench.report.samples import Settling, WarmUp
from pibench.stats import next_check, steadiness
from pibench.stats.steady import MIN_STEADY
from pibench.worker.protocol import Run, Sampled

# A sample this many times longer than the clock's step has a quantisation error of at most 0.1 %.
MINIMUM_STEPS_PER_SAMPLE = 1000
_SECOND_NS = 1_000_000_000
_FIRST_RUNS = 3
# Of so many samples is the shortest warm-up; more would only slow the detector down.
_CURVE_SAMPLES = 50
_MOST_CURVE_SAMPLES = 1000


class Settled(NamedTuple):
    """How the warm-up went, and how long an invocation took at its end."""

    warm_up: WarmUp
    invocation_ns: float


def group_size(invocation_ns: float, clock_step_ns: int) -> int:
    """Invocations per sample, so that the clock resolves a sample a thousandfold."""
    return max(1, -(-MINIMUM_STEPS_PER_SAMPLE * clock_step_ns // max(1, int(invocation_ns))))


def settle(worker: Asks, engine: int, warm_up_s: float, limit_s: float, clock_step_ns: int) -> Settled:
    """Run a model that has run once for ``warm_up_s``, then until it has settled or ``limit_s`` is spent.

    Without a longer limit the warm-up is of a fixed length and nothing is detected.
    """
    curve = _Curve(worker, engine, warm_up_s, clock_step_ns)
    settling: Settling = "not_asked"
    curve.extend(warm_up_s * _SECOND_NS)
    if limit_s > warm_up_s:
        settling = curve.settling()
        while settling != "settled" and curve.spent_ns < limit_s * _SECOND_NS and not curve.is_full:
            wanted = next_check(max(curve.samples, MIN_STEADY))
            curve.extend(min(limit_s * _SECOND_NS, curve.spent_ns * wanted / curve.samples))
            settling = curve.settling()
    return Settled(curve.record(settling), curve.invocation_ns)


class _Curve:
    """The samples of a warm-up, all of the same number of invocations."""

    def __init__(self, worker: Asks, engine: int, warm_up_s: float, clock_step_ns: int) -> None:
        self._worker = worker
        self._engine = engine
        self._group = 1
        self._duration_ns: list[int] = []
        # The first one ran when the model was loaded.
        self._invocations = 1
        self.spent_ns = 0.0
        fastest_ns = max(min(self._run(_FIRST_RUNS)), 1)
        sample_ns = max(warm_up_s * _SECOND_NS / _CURVE_SAMPLES, MINIMUM_STEPS_PER_SAMPLE * clock_step_ns)
        self._group = max(1, int(sample_ns / fastest_ns))
        if self._group > 1:
            self._duration_ns.clear()

    @property
    def samples(self) -> int:
        return len(self._duration_ns)

    @property
    def is_full(self) -> bool:
        return self.samples >= _MOST_CURVE_SAMPLES

    @property
    def invocation_ns(self) -> float:
        """Of the latest samples, since the earliest are what a warm-up is for."""
        return max(float(np.median(self._duration_ns[-_CURVE_SAMPLES:])) / self._group, 1.0)

    def extend(self, until_ns: float) -> None:
        """Run until so much time is spent in all; one sample more at least."""
        while True:
            sample_ns = self._group * (self.invocation_ns if self.samples else 1.0)
            lacking = int((until_ns - self.spent_ns) / sample_ns)
            # Growing by doubling at most keeps one wrong estimate from setting the pace.
            self._run(max(1, min(lacking, 2 * self.samples, _MOST_CURVE_SAMPLES)))
            if self.spent_ns >= until_ns or self.is_full:
                return

    def _run(self, samples: int) -> list[int]:
        sampled = self._worker.ask(Run(self._engine, samples, self._group), Sampled)
        self._duration_ns += sampled.duration_ns
        self._invocations += samples * self._group
        # No invocation takes less than 1 ns, whatever a coarse clock says: this comes to an end.
        self.spent_ns += max(sum(sampled.duration_ns), samples * self._group)
        return sampled.duration_ns

    def settling(self) -> Settling:
        judged = steadiness(np.maximum(self._duration_ns, 1))
        return judged.unrest or "settled"

    def record(self, settling: Settling) -> WarmUp:
        return WarmUp(
            invocations=self._invocations,
            group=self._group,
            duration_ns=tuple(self._duration_ns),
            settling=settling,
        )
