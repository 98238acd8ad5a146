"""The thesis' figures beside ours: which are drawn, and which are of the same network."""

from __future__ import annotations

from pibench.errors import ParetoError
from pibench.pareto.identity import identity_of
from pibench.thesis import DATA_SET, Row, figures


class Reference:
    """``drawn``: what has both an error and a latency, the fastest first. Raises ParetoError for another data set."""

    def __init__(self, data_set: str) -> None:
        if data_set != DATA_SET:
            raise ParetoError(
                f"the thesis' errors are on {DATA_SET}, these on {data_set}, where they mean something else:"
                " leave --thesis out"
            )
        rows = figures().rows
        self.drawn = tuple(sorted((row for row in rows if row.accuracies and row.latency_ms is not None), key=_place))
        # Here nothing is trained with a teacher.
        self._rows = {identity_of(row.spec): row for row in rows if not row.distilled}

    def of(self, deployed: str) -> Row | None:
        """Its figures of the network with this ``identity``."""
        return self._rows.get(deployed)


def _place(row: Row) -> tuple[float, float]:
    return row.latency_ms or 0.0, row.error_percent or 0.0
