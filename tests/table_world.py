"""Latency tables made by a formula: a timer that needs no runtime, and the tables that come of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from boards import PI_3
from msgspec.structs import replace
from sample_report import sample_report

from pibench.graph import Graph, Layer, layers_of
from pibench.measure.layers import METHOD, LayerLatency
from pibench.measure.protocols import LAYERS
from pibench.report import Condition, Failure, Protocol, Result, SubjectRecord, Summary, Tool
from pibench.stats import Interval
from pibench.table.edit import with_points
from pibench.table.kind import Kind
from pibench.table.model import Calibration, FixedTerm, NetworkSample, Point, Provenance, Table
from pibench.table.sampling import initial_design
from pibench.table.targets import targets_of
from pibench.table.timing import TimedLayers
from pibench.tflite.lower import lower

CONDITION = Condition()
OTHER_CONDITION = Condition(threads=2)
FIXED_NS = 1000.0
PROVENANCE = Provenance(
    board=PI_3.board,
    cpu_model=PI_3.cpu_model,
    architecture=PI_3.architecture,
    os_bits=PI_3.os_bits,
    cores=PI_3.cores,
    memory_bytes=PI_3.memory_bytes,
    firmware="2024-01-01",
    kernel=PI_3.kernel,
    governor=PI_3.governor,
    maximum_frequency_khz=PI_3.maximum_frequency_khz,
    method=METHOD,
    runtimes=(("litert", "2.3.0", "ab" * 32),),
)
CALIBRATION = Calibration(
    condition=CONDITION,
    networks=(
        NetworkSample(name="net #1", layers=9, sum_ns=1e6, measured_ns=0.96e6),
        NetworkSample(name="net #2", layers=9, sum_ns=2e6, measured_ns=1.9e6, trusted=False),
    ),
    factor=0.96,
    low=0.95,
    high=0.97,
    residual_sd=0.01,
)
PROTOCOL = replace(LAYERS, processes=3, most_processes=3)

Formula = Callable[[Layer], float]


def formula_ns(layer: Layer) -> float:
    """Linear in MACs and bytes, so that a table can know it exactly."""
    return 300 + layer.macs / 20 + layer.bytes_moved / 10


def sum_ns(graph: Graph, formula: Formula = formula_ns) -> float:
    return sum(map(formula, layers_of(lower(graph).graph).values()))


def point(channels: Iterable[int], ns: float, precision: float = 0.002, trusted: bool = True) -> Point:
    """A point whose interval is ±``precision``."""
    return Point(
        channels=tuple(channels),
        ns=ns,
        low_ns=ns * (1 - precision),
        high_ns=ns * (1 + precision),
        samples=27,
        processes=3,
        trusted=trusted,
    )


def empty_table(subjects: Sequence[str] = ()) -> Table:
    return Table(
        tool=Tool(name="pibench", version="0.1.0"),
        created="2026-11-23T12:00:00+00:00",
        commands=(("pibench", "table", "build"),),
        device=PI_3,
        provenance=PROVENANCE,
        provenance_digest=PROVENANCE.digest,
        protocol=PROTOCOL,
        subjects=tuple(subjects),
    )


def fixed_term(condition: Condition = CONDITION, ns: float = FIXED_NS, half: float = 20.0) -> FixedTerm:
    return FixedTerm(condition=condition, campaigns_ns=(ns,), ns=ns, low_ns=ns - half, high_ns=ns + half)


def formula_points(kind: Kind, channels: Iterable[tuple[int, ...]], formula: Formula = formula_ns) -> list[Point]:
    return [point(at, formula(kind.layer(at))) for at in channels]


def formula_table(
    graphs: Sequence[Graph],
    *,
    formula: Formula = formula_ns,
    condition: Condition = CONDITION,
    calibration: Calibration | None = CALIBRATION,
) -> Table:
    """Complete, with the initial design of every kind of layer."""
    table = empty_table([graph.name for graph in graphs])
    for kind, target in targets_of(graphs).items():
        points = formula_points(kind, initial_design(target.extent, kind.step), formula)
        table = with_points(table, kind, condition, points)
    calibrations = (replace(calibration, condition=condition),) if calibration else ()
    return replace(table, fixed=(fixed_term(condition),), calibrations=calibrations, complete=True)


def network_result(name: str, ns: float, condition: Condition = CONDITION, verdict: str = "trusted") -> Result:
    summary = sample_report().results[0].summary
    assert isinstance(summary, Summary)
    measured = replace(summary, latency_ns=ns, low_ns=0.99 * ns, high_ns=1.01 * ns)
    subject = SubjectRecord(name=name, kind="graph")
    return Result(subject=subject, condition=condition, summary=measured, verdict=verdict)  # type: ignore[arg-type]


def failed_result(name: str, message: str, condition: Condition = CONDITION) -> Result:
    subject = SubjectRecord(name=name, kind="graph")
    return Result(subject=subject, condition=condition, failure=Failure(kind="crash", message=message))


class FormulaTimer:
    """Times layers and networks by a formula; remembers what it was asked.

    ``interrupted_in``: the number of the campaign in which Ctrl-C comes, after half of its layers. ``factor``: of
    networks, over the sum of their layers.
    """

    def __init__(
        self,
        formula: Formula = formula_ns,
        *,
        condition: Condition = CONDITION,
        fails: Callable[[Layer], bool] = lambda layer: False,
        interrupted_in: int | None = None,
        factor: float = 0.96,
        fixed_ns: Callable[[int], float] = lambda campaign: FIXED_NS,
        precision: float = 0.003,
    ) -> None:
        self.condition = condition
        self.campaigns: list[list[Layer]] = []
        self.drawn: list[Graph] = []
        self._formula = formula
        self._fails = fails
        self._interrupted_in = interrupted_in
        self._factor = factor
        self._fixed_ns = fixed_ns
        self._precision = precision

    @property
    def asked(self) -> list[Layer]:
        return [layer for campaign in self.campaigns for layer in campaign]

    def layers(self, layers: Sequence[Layer], protocol: Protocol) -> TimedLayers:
        interrupted = self._next_is_interrupted()
        self.campaigns.append(list(layers)[: len(layers) // 2] if interrupted else list(layers))
        measured = {
            layer: self._latency(self._formula(layer)) for layer in self.campaigns[-1] if not self._fails(layer)
        }
        failures = {layer: f"{layer}: crashed" for layer in self.campaigns[-1] if self._fails(layer)}
        return TimedLayers(measured, self._latency(self._fixed_ns(len(self.campaigns))), failures, interrupted)

    def networks(self, graphs: Sequence[Graph], protocol: Protocol) -> tuple[tuple[Result, ...], bool]:
        self.drawn += graphs
        return tuple(map(self._whole, graphs)), False

    def _whole(self, graph: Graph) -> Result:
        ns = self._factor * (FIXED_NS + sum_ns(graph, self._formula))
        return network_result(graph.name, ns, self.condition)

    def _next_is_interrupted(self) -> bool:
        return len(self.campaigns) + 1 == self._interrupted_in

    def _latency(self, ns: float) -> LayerLatency:
        interval = Interval(ns, ns * (1 - self._precision), ns * (1 + self._precision))
        return LayerLatency(interval, processes=3, samples=27, trusted=True)
