"""Whole networks against the sums of their layers: what a table is calibrated with and checked by."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from pibench.errors import TableError
from pibench.graph import Graph
from pibench.report.model import Condition, Result
from pibench.table.additivity import LEAST_NETWORKS, fit_additivity
from pibench.table.lookup import LatencyTable
from pibench.table.model import Calibration, NetworkSample, Table

_NS_PER_MS = 1e6


class Compared(NamedTuple):
    """A network, predicted and measured, in ms with 95 % intervals."""

    name: str
    predicted_ms: float
    predicted_low: float
    predicted_high: float
    measured_ms: float
    measured_low: float
    measured_high: float
    trusted: bool

    @property
    def error(self) -> float:
        """Of the prediction, relative to what was measured."""
        return self.predicted_ms / self.measured_ms - 1


class Agreement(NamedTuple):
    """Over networks: Pearson's correlation (None where nothing varies), relative errors, and shares of the networks.

    ``within_ten``: predicted within ±10 %. ``covered``: the intervals of prediction and measurement meet.
    """

    networks: int
    correlation: float | None
    bias: float
    median_error: float
    p95_error: float
    largest_error: float
    within_ten: float
    covered: float


def compare(table: LatencyTable, graphs: Sequence[Graph], results: Sequence[Result]) -> list[Compared]:
    """Those of the networks that have a figure. Raises TableError as ``LatencyTable.latency`` does."""
    compared = []
    for graph, result in zip(graphs, results, strict=True):
        if result.summary is None:
            continue
        predicted = table.latency(graph)
        compared.append(
            Compared(
                graph.name,
                predicted.ms,
                predicted.low,
                predicted.high,
                measured_ms=result.summary.latency_ns / _NS_PER_MS,
                measured_low=result.summary.low_ns / _NS_PER_MS,
                measured_high=result.summary.high_ns / _NS_PER_MS,
                trusted=result.verdict == "trusted",
            )
        )
    return compared


def agreement(compared: Sequence[Compared]) -> Agreement:
    """How well predictions agree with measurements. Raises TableError for fewer than two networks."""
    if len(compared) < 2:
        raise TableError("fewer than two networks were measured: nothing can be said about the table")
    errors = np.abs([one.error for one in compared])
    predicted, measured = ([one.predicted_ms for one in compared], [one.measured_ms for one in compared])
    meet = [one.predicted_low <= one.measured_high and one.measured_low <= one.predicted_high for one in compared]
    return Agreement(
        networks=len(compared),
        correlation=float(np.corrcoef(predicted, measured)[0, 1]) if np.ptp(predicted) * np.ptp(measured) else None,
        bias=float(np.mean([one.error for one in compared])),
        median_error=float(np.median(errors)),
        p95_error=float(np.quantile(errors, 0.95)),
        largest_error=float(errors.max()),
        within_ten=float(np.mean(errors <= 0.1)),
        covered=float(np.mean(meet)),
    )


def calibrated(table: Table, condition: Condition, graphs: Sequence[Graph], results: Sequence[Result]) -> Table:
    """The table with how networks differ from the sums of their layers, those of earlier commands among them.

    Networks that the table cannot predict do not count; as it is with fewer than two that do.
    """
    old = next((calibration for calibration in table.calibrations if calibration.condition == condition), None)
    without = replace(table, calibrations=tuple(c for c in table.calibrations if c != old))
    samples = {sample.name: sample for sample in old.networks} if old else {}
    samples |= {sample.name: sample for sample in _samples(LatencyTable(without, condition), graphs, results)}
    if len(samples) < 2:
        return table
    trusted = [sample for sample in samples.values() if sample.trusted]
    counting = trusted if len(trusted) >= LEAST_NETWORKS else list(samples.values())
    found = fit_additivity(
        np.array([sample.sum_ns for sample in counting]),
        np.array([float(sample.layers) for sample in counting]),
        np.array([sample.measured_ns for sample in counting]),
    )
    calibration = Calibration(
        condition=condition,
        networks=tuple(samples.values()),
        factor=found.factor.estimate,
        low=found.factor.low,
        high=found.factor.high,
        per_layer_ns=found.per_layer_ns,
        residual_sd=found.residual_sd,
    )
    return replace(without, calibrations=(*without.calibrations, calibration))


def _samples(table: LatencyTable, graphs: Sequence[Graph], results: Sequence[Result]) -> Iterator[NetworkSample]:
    for graph, result in zip(graphs, results, strict=True):
        if result.summary is None:
            continue
        with contextlib.suppress(TableError):
            predicted = table.latency(graph)
            yield NetworkSample(
                name=graph.name,
                layers=len(predicted.layers),
                sum_ns=predicted.ms * _NS_PER_MS,
                measured_ns=result.summary.latency_ns,
                trusted=result.verdict == "trusted",
            )
