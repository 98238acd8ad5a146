"""Timing layers and networks for a table, by the interleaved protocol that ``pibench bench`` uses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from pibench.device import Device
from pibench.errors import GraphError
from pibench.graph import Graph, Layer
from pibench.measure.board import Board
from pibench.measure.campaign import Campaign, WorkerFactory
from pibench.measure.layers import FIXED_COPIES, LayerLatency, LayerPlan
from pibench.report.model import Condition, Protocol, Result
from pibench.report.samples import Session
from pibench.subject import Subject

# One process tells nothing of how processes differ: a figure has no interval.
LEAST_PROCESSES = 2

Progress = Callable[[str, float, float], None]


class TimedLayers(NamedTuple):
    """What a campaign over layers gave. ``failures``: a sentence for each layer that has no figure and would not
    have one if it was tried again.

    ``interrupted``: Ctrl-C came in between.
    """

    latencies: dict[Layer, LayerLatency]
    fixed: LayerLatency | None
    failures: dict[Layer, str]
    interrupted: bool


class LayerTimer:
    """Runs campaigns under one condition. ``progress`` hears of each one's advance."""

    def __init__(
        self,
        condition: Condition,
        device: Device,
        clock_step_ns: int,
        *,
        worker: WorkerFactory,
        board: Board,
        progress: Progress = lambda what, done, total: None,
    ) -> None:
        self.condition = condition
        self._device = device
        self._clock_step_ns = clock_step_ns
        self._worker = worker
        self._board = board
        self._progress = progress

    def layers(self, layers: Sequence[Layer], protocol: Protocol) -> TimedLayers:
        """Time these layers side by side."""
        plan, written, failures = _planned(layers, protocol.seed)
        results, interrupted = self._run(plan.subjects, protocol)
        found = plan.latencies(results)
        timed = {layer: latency for layer, latency in found.items() if latency.processes >= LEAST_PROCESSES}
        fixed = plan.fixed(results)
        if fixed and fixed.processes < LEAST_PROCESSES:
            fixed = None
        lost = _message(results[: len(FIXED_COPIES)], "too few processes gave a figure")
        for layer, result in zip(written, results[len(FIXED_COPIES) :], strict=True):
            if layer not in timed and (result.failure or not interrupted):
                failures[layer] = _message([result], f"{layer}: {lost}")
        return TimedLayers(timed, fixed, failures, interrupted)

    def networks(self, graphs: Sequence[Graph], protocol: Protocol) -> tuple[tuple[Result, ...], bool]:
        """Time whole networks side by side: their results, and whether Ctrl-C came in between."""
        return self._run(graphs, protocol)

    def _run(self, subjects: Sequence[Subject | Graph], protocol: Protocol) -> tuple[tuple[Result, ...], bool]:
        with Campaign(
            [(subject, self.condition) for subject in subjects],
            protocol,
            self._device,
            self._clock_step_ns,
            worker=self._worker,
            board=self._board,
            listener=_Listener(self._progress),
        ) as campaign:
            interrupted = False
            try:
                campaign.run()
            except KeyboardInterrupt:
                interrupted = True
            return campaign.results, interrupted


def _planned(layers: Sequence[Layer], seed: int) -> tuple[LayerPlan, Sequence[Layer], dict[Layer, str]]:
    """The plan, the layers in it, and why each of the others cannot be written to a file."""
    failures: dict[Layer, str] = {}
    try:
        return LayerPlan(layers, seed), layers, failures
    except GraphError:
        for layer in layers:
            try:
                LayerPlan([layer], seed)
            except GraphError as error:
                failures[layer] = f"{layer}: {error}"
    written = [layer for layer in layers if layer not in failures]
    return LayerPlan(written, seed), written, failures


def _message(results: Sequence[Result], otherwise: str) -> str:
    return next((result.failure.message for result in results if result.failure), otherwise)


class _Listener:
    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def progress(self, what: str, done: float, total: float) -> None:
        self._progress(what, done, total)

    def results_changed(self, results: Callable[[], Sequence[Result]], sessions: Sequence[Session]) -> None:
        """What there is is asked for at the end."""
