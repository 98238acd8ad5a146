"""Asking a latency table: one network, or a hundred thousand variants of it.

Neither the native extension nor a runtime nor a training framework is imported here.
"""

from __future__ import annotations

from pathlib import Path

from pibench.errors import TableError
from pibench.graph import Graph
from pibench.report.model import Condition
from pibench.table.curves import FittedCurve
from pibench.table.kind import Kind
from pibench.table.model import Calibration, FixedTerm, Provenance, Table
from pibench.table.network import NetworkLayers
from pibench.table.prediction import Latency, NetworkLatency
from pibench.table.storage import load


class LatencyTable:
    """A table, with an interpolation for each of its curves, made when it is first needed.

    ``condition``: of the table's conditions, the one to answer for; None where there is only one. ``here``:
    the machine that the answers are for, where that should be the table's (``read_provenance``).

    Raises TableError for a condition that it lacks, and for another machine than the table's unless
    ``allow_mismatch``, which then is a doubt about every prediction.
    """

    def __init__(
        self,
        table: Table,
        condition: Condition | None = None,
        *,
        here: Provenance | None = None,
        allow_mismatch: bool = False,
    ) -> None:
        self.table = table
        self.mismatch = table.provenance.mismatch(here) if here else ()
        if self.mismatch and not allow_mismatch:
            raise TableError(
                f"the table was measured on another machine or system ({', '.join(self.mismatch)} differ):"
                " build one here, or allow the mismatch (--allow-mismatch)"
            )
        self.condition = _chosen(table, condition)
        self._curves = {
            curve.kind: FittedCurve(curve)
            for curve in table.curves
            if curve.condition == self.condition and curve.points
        }

    @classmethod
    def load(
        cls,
        path: Path | str,
        condition: Condition | None = None,
        *,
        here: Provenance | None = None,
        allow_mismatch: bool = False,
    ) -> LatencyTable:
        """The table in a file. Raises TableError for what is none, and as the class does."""
        return cls(load(path), condition, here=here, allow_mismatch=allow_mismatch)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """All kinds of layers it knows."""
        return tuple(self._curves)

    @property
    def fixed(self) -> FixedTerm:
        """What every inference costs besides its layers. Raises TableError where that was not measured."""
        for term in self.table.fixed:
            if term.condition == self.condition:
                return term
        raise TableError(f"the table lacks the fixed time per inference ({self.condition}): build it again")

    @property
    def calibration(self) -> Calibration | None:
        """Whole networks against their layers, where that was measured."""
        return next((c for c in self.table.calibrations if c.condition == self.condition), None)

    def curve(self, kind: Kind) -> FittedCurve | None:
        """What is known of a kind of layer."""
        return self._curves.get(kind)

    def latency(self, graph: Graph, *, allow_extrapolation: bool = False) -> Latency:
        """How long a network takes, as deployed: batch norm folded, activations fused.

        Raises TableError for operations that pibench or the table does not know, and for channels
        beyond those measured unless ``allow_extrapolation``, which then is a doubt.
        """
        return self.network(graph, allow_extrapolation=allow_extrapolation).latency()

    def network(self, graph: Graph, *, allow_extrapolation: bool = False) -> NetworkLatency:
        """The network as a function of its widths. Raises TableError as ``latency`` does."""
        from pibench.tflite.lower import lower

        layers = NetworkLayers(lower(graph).graph, self.curve, _options(self.condition))
        return NetworkLatency(
            graph.name, layers, self.fixed, self.calibration, self.doubts(), allow_extrapolation=allow_extrapolation
        )

    def doubts(self) -> tuple[str, ...]:
        """What weakens every prediction, in sentences."""
        doubts = []
        if self.mismatch:
            doubts.append(f"another machine: the table's differs in {', '.join(self.mismatch)}")
        doubts += self.table.doubts
        if self.calibration is None:
            doubts.append(
                "not calibrated: the table was never held against whole networks, the interval is that of its entries"
            )
        if not self.table.complete:
            doubts.append("incomplete: the table was being built when it was saved")
        return tuple(doubts)


def _chosen(table: Table, condition: Condition | None) -> Condition:
    """The condition to answer for. Raises TableError where that is not clear."""
    conditions = list(dict.fromkeys(curve.condition for curve in table.curves))
    if condition is None and len(conditions) == 1:
        return conditions[0]
    if condition in conditions:
        return condition
    known = "; ".join(map(str, conditions)) or "nothing"
    wanted = "name one of its conditions" if condition is None else f"it lacks {condition}"
    raise TableError(f"the table was measured under: {known}; {wanted}")


def _options(condition: Condition) -> str:
    """What the command line needs to measure under a condition, but for what it does anyway."""
    plain = Condition()
    options = [
        f" --{name} {getattr(condition, name)}"
        for name in ("runtime", "threads", "kernels")
        if getattr(condition, name) != getattr(plain, name)
    ]
    if condition.cpus:
        options.append(f" --cpus {','.join(map(str, condition.cpus))}")
    return "".join(options)
