"""Latency table version 1: layer signature → latency, with what it was measured on."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from pibench.device import Device
from pibench.report.model import Condition, Protocol, Tool
from pibench.report.samples import Count, Struct
from pibench.table.kind import Kind

TABLE_VERSION = 1

Positive = Annotated[float, Meta(gt=0)]


class Provenance(Struct, frozen=True, kw_only=True):
    """What a latency depends on besides the layer: figures of different provenance do not mix.

    ``method``: how pibench makes a layer's time of what it measures (``pibench.measure.layers.METHOD``).
    ``runtimes`` has name, version and the SHA-256 of the library of each runtime used.
    """

    board: str | None
    cpu_model: str | None
    architecture: str
    os_bits: int
    cores: int
    memory_bytes: int
    firmware: str | None
    kernel: str
    governor: str | None
    maximum_frequency_khz: int | None
    method: int
    runtimes: tuple[tuple[str, str, str], ...]

    @property
    def digest(self) -> str:
        """SHA-256 of all of it, shortened: equal boards have equal digests."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:16]

    def mismatch(self, other: Provenance) -> tuple[str, ...]:
        """In what they differ so that figures do not mix; runtimes that only one of them used may be added."""
        fields = [name for name in self.__struct_fields__ if name != "runtimes"]
        own, others = ({name: build for name, *build in p.runtimes} for p in (self, other))
        runtimes = [f"runtime {name}" for name in sorted(own.keys() & others.keys()) if own[name] != others[name]]
        return (*(name for name in fields if getattr(self, name) != getattr(other, name)), *runtimes)


class Point(Struct, frozen=True, kw_only=True):
    """A layer that was measured: its channel counts, one per axis of the kind, and its time per inference.

    ``low_ns`` to ``high_ns`` is the 95 % interval over ``processes``. ``trusted`` is false where
    something disturbed the measurement, or the time was lost in the noise; a wide interval speaks for itself.
    """

    channels: tuple[Annotated[int, Meta(ge=1)], ...]
    ns: Positive
    low_ns: Positive
    high_ns: Positive
    samples: Count
    processes: Count
    trusted: bool = True


class Curve(Struct, frozen=True, kw_only=True):
    """All that was measured of one kind of layer under one condition.

    ``left_out_error``: root mean square of the relative errors of predicting each point from the
    others, but for the corners of the range; None of too few points.
    """

    kind: Kind
    condition: Condition
    points: tuple[Point, ...]
    left_out_error: float | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for points that are none of the kind: of a file edited by hand."""
        for point in self.points:
            if len(point.channels) != len(self.kind.axes) or any(c % self.kind.step for c in point.channels):
                raise ValueError(f"a point of {self.kind} cannot have channels {list(point.channels)}")


class FixedTerm(Struct, frozen=True, kw_only=True):
    """What every inference costs besides its layers, under a condition.

    ``campaigns_ns``: what each campaign found. ``ns``: their mean, ``low_ns`` to ``high_ns`` its 95 % interval; of a
    single campaign, the interval over its processes.
    """

    condition: Condition
    campaigns_ns: tuple[Positive, ...] = ()
    ns: Positive
    low_ns: Positive
    high_ns: Positive


class NetworkSample(Struct, frozen=True, kw_only=True):
    """A whole network: the sum of its layers and the fixed term, how many layers, and what it took."""

    name: str
    layers: Annotated[int, Meta(ge=1)]
    sum_ns: Positive
    measured_ns: Positive
    trusted: bool = True


class Calibration(Struct, frozen=True, kw_only=True):
    """Whole networks against the sums of their layers, under a condition (``pibench.table.additivity``).

    A network takes ``factor`` times the sum of its layers and the fixed term, and ``per_layer_ns`` for each
    layer. ``low`` to ``high``: the factor's 95 % interval. ``residual_sd``: relative standard deviation of what
    remains. ``networks``: drawn at random, of all commands that made the table; untrusted ones do not count where
    there are enough others.
    """

    condition: Condition
    networks: tuple[NetworkSample, ...]
    factor: Positive
    low: Positive
    high: Positive
    per_layer_ns: Annotated[float, Meta(ge=0)] = 0.0
    residual_sd: Annotated[float, Meta(ge=0)]


class Table(Struct, frozen=True, kw_only=True):
    """A latency table. ``commands``: those that made it, in order; ``subjects``: the networks it was made for.

    ``doubts``: sentences on what makes its predictions doubtful. ``complete`` is false in what was saved on the way.
    """

    table_version: Literal[1] = 1
    tool: Tool
    created: str
    commands: tuple[tuple[str, ...], ...]
    device: Device
    provenance: Provenance
    provenance_digest: str
    protocol: Protocol
    subjects: tuple[str, ...] = ()
    curves: tuple[Curve, ...] = ()
    fixed: tuple[FixedTerm, ...] = ()
    calibrations: tuple[Calibration, ...] = ()
    doubts: tuple[str, ...] = ()
    complete: bool = False
