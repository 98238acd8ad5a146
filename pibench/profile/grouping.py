"""Layers put together by block or by type of operation. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from pibench.profile.roof import gops, operations_per_byte
from pibench.profile.timing import summed
from pibench.report import LayerProfile, Timing

By = Literal["layer", "block", "op"]


class Group(NamedTuple):
    """Layers that share a line."""

    name: str
    layers: tuple[LayerProfile, ...]

    @property
    def op(self) -> str:
        """Of the only layer, else nothing."""
        return self.layers[0].op if len(self.layers) == 1 else ""

    @property
    def timing(self) -> Timing | None:
        # A layer that is drawn into another one in place is still timed alone.
        return _sum([layer.timing for layer in self.layers if layer.timing or not layer.in_place_with])

    @property
    def isolated(self) -> Timing | None:
        return _sum([layer.isolated for layer in self.layers])

    @property
    def in_place(self) -> Timing | None:
        return _sum([layer.in_place for layer in self.layers if not layer.in_place_with])

    @property
    def share(self) -> float | None:
        return _added([layer.share for layer in self.layers if layer.timing or not layer.in_place_with])

    @property
    def macs(self) -> int | None:
        known = [layer.macs for layer in self.layers if layer.macs is not None]
        return sum(known) if len(known) == len(self.layers) else None

    @property
    def bytes(self) -> int:
        return sum(layer.bytes for layer in self.layers)

    @property
    def gops(self) -> float | None:
        return gops(self.macs, self.timing.ns if self.timing else None)

    @property
    def operations_per_byte(self) -> float | None:
        return operations_per_byte(self.macs, self.bytes)

    @property
    def of_attainable(self) -> float | None:
        """What the roof would need at the least, over what was needed."""
        least_ns = _added([layer.least_ns for layer in self.layers])
        return least_ns / self.timing.ns if least_ns is not None and self.timing else None


_KEYS: dict[By, Callable[[LayerProfile], str]] = {
    "layer": lambda layer: layer.name,
    "block": lambda layer: layer.block,
    "op": lambda layer: layer.op_type,
}


def grouped(layers: Sequence[LayerProfile], by: By) -> list[Group]:
    """Groups in the order in which their first layers stand in the network."""
    groups: dict[str, list[LayerProfile]] = {}
    for layer in layers:
        groups.setdefault(_KEYS[by](layer), []).append(layer)
    return [Group(name, tuple(members)) for name, members in groups.items()]


def by_time(groups: Sequence[Group]) -> list[Group]:
    """The longest first; what has no time comes last."""
    return sorted(groups, key=lambda group: -group.timing.ns if group.timing else 0.0)


def _sum(timings: Sequence[Timing | None]) -> Timing | None:
    """Nothing if one is missing: the sum would be too small."""
    known = [one for one in timings if one is not None]
    return summed(known) if known and len(known) == len(timings) else None


def _added(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None
