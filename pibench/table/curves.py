"""A curve of the table made into a function: channel counts in, latency out."""

from __future__ import annotations

import math
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from pibench.stats import student_quantile
from pibench.table.model import Curve, Point
from pibench.table.surface import MOST_AXES, Prediction, Surface, varied_axes
from pibench.table.terms import Channels, Floats

# A 95 % interval is so many standard deviations wide: of a normal distribution, on both sides.
NORMAL_95_WIDTH = 2 * 1.959964
# Of a time that something disturbed, beside what its interval says.
UNTRUSTED_SD = 0.03
# Fewer points than this times the terms of a multilinear function do not make a surface.
LEAST_POINTS_PER_TERM = 1.5
# Entries of a look-up grid: 16 MB of memory, a second to fill.
LARGEST_GRID = 1 << 20


class FittedCurve:
    """Interpolates where there are points enough; else it knows the measured points alone."""

    def __init__(self, curve: Curve) -> None:
        self.kind = curve.kind
        self._points = curve.points
        self._at: Channels = np.array([p.channels for p in curve.points], np.int64).reshape(len(curve.points), -1)
        self._ns: Floats = np.array([p.ns for p in curve.points])
        self._sd: Floats = np.array([relative_sd(p) for p in curve.points])

    @property
    def axes(self) -> int:
        return len(self.kind.axes)

    @cached_property
    def low(self) -> Channels:
        """The fewest channels measured, per axis."""
        return self._at.min(axis=0)  # type: ignore[no-any-return]

    @cached_property
    def high(self) -> Channels:
        """The most channels measured, per axis."""
        return self._at.max(axis=0)  # type: ignore[no-any-return]

    @cached_property
    def surface(self) -> Surface | None:
        """The interpolation; None where there are too few points for one."""
        varied = len(varied_axes(self._at))
        coordinates = varied if varied <= MOST_AXES else 1
        if not varied or len(self._ns) < LEAST_POINTS_PER_TERM * 2**coordinates:
            return None
        return _fitted(self._points)

    def knows(self, channels: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """For each of (n, axes) channel counts: within what was measured, and possible with the kind's groups."""
        at = np.asarray(channels, np.int64)
        if self.surface is None:
            measured = {tuple(point) for point in self._at.tolist()}
            return np.array([tuple(point) in measured for point in at.tolist()], bool)
        reached = (at >= self.low) & (at <= self.high) & (at % self.kind.step == 0)
        return reached.all(axis=1)  # type: ignore[no-any-return]

    def predict(self, channels: npt.ArrayLike) -> Prediction:
        """Mean and standard deviation for (n, axes) channel counts, however far from what was measured."""
        at = np.asarray(channels, np.int64)
        if self.surface is not None:
            return self.surface.predict(at)
        if not self.axes:
            mean, sd = self._ns.mean(), self._ns.mean() * self._sd.mean()
            return Prediction(np.full(len(at), mean), np.full(len(at), sd))
        distance = np.abs(np.log2(at[:, None, :] / self._at[None, :, :])).sum(axis=2)
        nearest = distance.argmin(axis=1)
        # Nothing tells how it grows between points: as much as the channels do, at most.
        spread = self._sd[nearest] + np.expm1(distance.min(axis=1) * np.log(2))
        return Prediction(self._ns[nearest], self._ns[nearest] * spread)

    @cached_property
    def grid(self) -> Prediction | None:
        """For all channel counts from 1 to the most, indexed by them; None where that would be too large."""
        extent = tuple(int(most) + 1 for most in self.high)
        if not self.axes or math.prod(extent) > LARGEST_GRID:
            return None
        everywhere = np.stack(np.meshgrid(*(np.arange(n) for n in extent), indexing="ij"), axis=-1)
        flat = np.maximum(everywhere.reshape(-1, self.axes), 1)
        parts = [self.predict(part) for part in np.array_split(flat, -(-len(flat) // 4096))]
        mean, sd = (np.concatenate(values).reshape(extent) for values in zip(*parts, strict=True))
        return Prediction(mean, sd)


@lru_cache(maxsize=512)
def _fitted(points: tuple[Point, ...]) -> Surface:
    """A fit takes tenths of a second, and building a table asks for each several times."""
    return Surface([p.channels for p in points], [p.ns for p in points], [relative_sd(p) for p in points])


def relative_sd(point: Point) -> float:
    """Standard deviation of a point's time as a share of it, from its interval over processes."""
    t = student_quantile(0.975, max(1, point.processes - 1))
    sd = (point.high_ns - point.low_ns) / (2 * t) / point.ns
    return sd if point.trusted else math.hypot(sd, UNTRUSTED_SD)
