"""What the thesis measured: error and latency of its networks, as reference figures."""

from __future__ import annotations

import statistics
from functools import cache
from importlib import resources

import msgspec

DATA_SET = "CIFAR-10"


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One network as the thesis trained and timed it, under the name it had there.

    ``spec``: the same network here. ``accuracies``: top-1, of each training. ``distilled``:
    trained with a teacher. ``parameters``, ``macs``: counted in the thesis' own model.
    """

    name: str
    spec: str
    accuracies: tuple[float, ...] = ()
    latency_ms: float | None = None
    distilled: bool = False
    parameters: int | None = None
    macs: int | None = None
    note: str = ""

    @property
    def architecture(self) -> str:
        return self.spec.partition(":")[0]

    @property
    def error_percent(self) -> float | None:
        """Mean over the trainings."""
        return 100 * (1 - statistics.fmean(self.accuracies)) if self.accuracies else None

    @property
    def error_sd_percent(self) -> float | None:
        """Standard deviation over the trainings; None for fewer than two."""
        return 100 * statistics.stdev(self.accuracies) if len(self.accuracies) > 1 else None


class Figures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All rows, and how they came about."""

    source: str
    rows: tuple[Row, ...]

    def of(self, architecture: str) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.architecture == architecture)


@cache
def figures() -> Figures:
    data = resources.files("pibench").joinpath("thesis.json").read_bytes()
    return msgspec.json.decode(data, type=Figures)
