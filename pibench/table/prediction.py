"""A network as a function of its widths: latency with uncertainty, and what one channel costs. Pure."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pibench.errors import TableError
from pibench.table.curves import NORMAL_95_WIDTH
from pibench.table.model import Calibration, FixedTerm
from pibench.table.network import LayerTimes, NetworkLayers, Place
from pibench.table.terms import Channels, Floats

_NS_PER_MS = 1e6
# Choices of widths looked up at a time: some megabytes for a network of a hundred layers.
_AT_A_TIME = 8192


class LayerLatency(NamedTuple):
    """A layer's part of a prediction. ``extrapolated``: beyond what was measured of its kind."""

    name: str
    label: str
    ms: float
    low: float
    high: float
    extrapolated: bool


class Latency(NamedTuple):
    """A prediction in ms; the truth is between ``low`` and ``high`` with 95 % probability.

    ``layers`` and ``fixed_ms`` add up to it, but for the table's calibration. ``doubts``: sentences
    on what weakens it, none for a plain one.
    """

    ms: float
    low: float
    high: float
    fixed_ms: float
    layers: tuple[LayerLatency, ...]
    doubts: tuple[str, ...]


class Latencies(NamedTuple):
    """Predictions in ms, one per choice of widths. ``extrapolated``: some layer was beyond what was measured."""

    ms: Floats
    low: Floats
    high: Floats
    extrapolated: npt.NDArray[np.bool_]


class NetworkLatency:
    """Predicts a network for any choice of its free widths (``names``; at present they are ``present``)."""

    def __init__(
        self,
        name: str,
        layers: NetworkLayers,
        fixed: FixedTerm,
        calibration: Calibration | None,
        doubts: tuple[str, ...] = (),
        *,
        allow_extrapolation: bool = False,
    ) -> None:
        self._name = name
        self._fixed = fixed
        self._doubts = doubts
        self._layers = layers
        self._allow_extrapolation = allow_extrapolation
        self.names = layers.names
        self.present = layers.present
        self._factor = calibration.factor if calibration else 1.0
        self._layers_ns = len(layers.places) * (calibration.per_layer_ns if calibration else 0.0)
        spread = (calibration.high - calibration.low) / NORMAL_95_WIDTH / self._factor if calibration else 0.0
        self._relative_variance = spread**2 + (calibration.residual_sd**2 if calibration else 0.0)

    def latency(self) -> Latency:
        """Of the network as it is. Raises TableError for channels out of reach."""
        widths = self.present[None, :]
        times = self._layers.times(widths)
        self._refuse(widths, times.known)
        total = self._total(times)
        low, mid, high = (values[0] for values in _interval_ms(times.mean_ns, times.sd_ns))
        layers = tuple(
            LayerLatency(place.name, str(place.layer), float(mid[k]), float(low[k]), float(high[k]), not known)
            for k, (place, known) in enumerate(zip(self._layers.places, times.known[0], strict=True))
        )
        doubts = (*_extrapolation([layer.name for layer in layers if layer.extrapolated]), *self._doubts)
        ms, least, most = (float(column[0]) for column in (total.ms, total.low, total.high))
        return Latency(ms, least, most, self._fixed.ns / _NS_PER_MS, layers, doubts)

    def latencies(self, widths: npt.ArrayLike) -> Latencies:
        """For (n, widths) channel counts, in the order of ``names``. Raises TableError for channels out of reach."""
        asked = self._checked(widths)
        parts: list[Latencies] = []
        for some in np.array_split(asked, max(1, -(-len(asked) // _AT_A_TIME))):
            times = self._layers.times(some)
            self._refuse(some, times.known)
            parts.append(self._total(times))
        return Latencies(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    def marginal(self, widths: npt.ArrayLike) -> Floats:
        """What one channel costs: (n, widths), ms saved by one channel less of each width, all else equal.

        NaN where a width has one channel only. Raises TableError for channels out of reach.
        """
        asked = self._checked(widths)
        saved = np.full(asked.shape, np.nan)
        for column in range(asked.shape[1]):
            places = self._layers.touched_by(column)
            several = asked[:, column] > 1
            more = asked[several]
            less = more.copy()
            less[:, column] -= 1
            saved[several, column] = self._sum_ns(places, more) - self._sum_ns(places, less)
        return saved * self._factor / _NS_PER_MS

    def _sum_ns(self, places: list[Place], widths: Channels) -> Floats:
        total = np.zeros(len(widths))
        for place in places:
            mean, _, known = place.times(widths)
            self._refuse(widths, known[:, None], [place])
            total += mean
        return total

    def _checked(self, widths: npt.ArrayLike) -> Channels:
        asked = np.asarray(widths)
        if asked.ndim != 2 or asked.shape[1] != len(self.names):
            raise TableError(
                f"{self._name} has {len(self.names)} widths: give them as (n, {len(self.names)}), not {asked.shape}"
            )
        if asked.dtype.kind not in "iu" or (asked < 1).any():
            raise TableError(f"{self._name}: widths are whole numbers of channels from 1 up")
        return asked.astype(np.int64, copy=False)

    def _refuse(self, widths: Channels, known: npt.NDArray[np.bool_], places: list[Place] | None = None) -> None:
        """Raises TableError for the first layer out of reach, unless that is allowed."""
        if self._allow_extrapolation or known.all():
            return
        row, column = np.argwhere(~known)[0]
        place = (places or self._layers.places)[column]
        channels = place.channels(widths[row : row + 1])[0]
        if place.curve.surface is None:
            raise TableError(
                f"layer {place.name} of {self._name}: the table has too few points of {place.curve.kind} to"
                " interpolate: build it again (where that was interrupted), or with more --most-points"
            )
        reach = " and ".join(
            f"{low} to {high} ({axis})"
            for axis, low, high in zip(place.curve.kind.axes, place.curve.low, place.curve.high, strict=True)
        )
        raise TableError(
            f"layer {place.name} of {self._name} has {'×'.join(map(str, channels))} channels, the table knows"
            f" {place.curve.kind} from {reach}: build the table for a wider network, or allow extrapolation"
            " (--extrapolate)"
        )

    def _total(self, times: LayerTimes) -> Latencies:
        fixed = self._fixed
        mean_ns = self._factor * (times.mean_ns.sum(axis=1) + fixed.ns) + self._layers_ns
        fixed_sd = (fixed.high_ns - fixed.low_ns) / NORMAL_95_WIDTH
        sum_variance = self._layers.variance(times.sd_ns) + fixed_sd**2
        variance = self._factor**2 * sum_variance + self._relative_variance * mean_ns**2
        low, mid, high = _interval_ms(mean_ns, np.sqrt(variance))
        return Latencies(mid, low, high, ~times.known.all(axis=1))


def _extrapolation(layers: list[str]) -> tuple[str, ...]:
    return (f"extrapolated: {len(layers)} layers, the first is {layers[0]}",) if layers else ()


def _interval_ms(mean_ns: Floats, sd_ns: Floats) -> tuple[Floats, Floats, Floats]:
    """Low, middle and high of 95 % intervals."""
    half_ns = NORMAL_95_WIDTH / 2 * sd_ns
    return np.maximum(mean_ns - half_ns, 0) / _NS_PER_MS, mean_ns / _NS_PER_MS, (mean_ns + half_ns) / _NS_PER_MS
