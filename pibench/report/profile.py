"""The part of a report that says where a network's time goes, layer by layer."""

from __future__ import annotations

import math

from pibench.report.model import Doubt, Failure, Verdict
from pibench.report.samples import Count, Struct


class Timing(Struct, frozen=True, kw_only=True):
    """Time per inference in ns, with its 95 % interval over processes (None from a single one)."""

    ns: float
    low_ns: float | None
    high_ns: float | None

    @property
    def width_ns(self) -> float:
        """Of the interval; not a number without one."""
        return math.nan if self.low_ns is None or self.high_ns is None else self.high_ns - self.low_ns


class Ratio(Struct, frozen=True, kw_only=True):
    """A ratio of times, with its 95 % interval over processes (None from a single one)."""

    ratio: float
    low: float | None
    high: float | None


class LayerProfile(Struct, frozen=True, kw_only=True):
    """One layer of the network as deployed.

    ``op``: with its attributes; ``op_type`` without stride and activation; ``sources``: the nodes of the
    designed network that were fused into it. ``macs`` is None where the operation is unknown; ``bytes``
    are those of inputs, outputs and weights, once each. ``share``: of the time of all layers.
    ``least_ns``: what the roof allows at the fastest.

    ``isolated``: cut out of the network and timed alone; ``not_isolated_because`` says why not.
    ``in_place``: by the runtime's own profiler, averaged from multiples of ``in_place_step_ns`` (0: of a
    ns), half of which is in the interval; ``in_place_with``: the layer whose time in place includes this
    one's, since the runtime does both at once.
    """

    name: str
    block: str
    op: str
    op_type: str
    dtype: str
    sources: tuple[str, ...]
    macs: Count | None
    bytes: Count
    isolated: Timing | None = None
    in_place: Timing | None = None
    in_place_step_ns: Count = 0
    in_place_with: str = ""
    not_isolated_because: str = ""
    share: float | None = None
    least_ns: float | None = None

    @property
    def timing(self) -> Timing | None:
        """Isolated, else in place: the runtime's profiler may resolve only microseconds, and costs time itself."""
        return self.isolated or self.in_place


class IsolatedWay(Struct, frozen=True, kw_only=True):
    """Layers cut out, against the whole network timed in the same processes.

    ``sum`` is the fixed time of an inference and that of all layers that have one; ``ratio`` the sum
    over the whole, process by process.
    """

    fixed: Timing
    sum: Timing
    ratio: Ratio


class Unmapped(Struct, frozen=True, kw_only=True):
    """Time that the runtime's profiler shows for something that is no layer of the network."""

    name: str
    ns: float


class InPlaceWay(Struct, frozen=True, kw_only=True):
    """The runtime's own profiler: layers and what is no layer (``sum``), against the whole without it (``plain``).

    ``profiled``: the whole with the profiler on; ``cost`` is that over ``plain``. ``dropped``: inferences
    whose operations the profiler had no room for; times in place are without them.
    """

    plain: Timing
    profiled: Timing
    cost: Ratio
    sum: Timing
    ratio: Ratio
    unmapped: tuple[Unmapped, ...] = ()
    dropped: Count = 0


class RoofRecord(Struct, frozen=True, kw_only=True):
    """This board's measured limits at the profile's thread count; operations are two per multiply-accumulate.

    ``peak_gops``: by element type. ``memory_gbs``, ``cache_gbs``: what memory and the second-level cache
    bring; ``cache_bytes``: of the second-level caches that the threads may use, None where the system does not tell.
    """

    peak_gops: dict[str, float]
    memory_gbs: float
    cache_gbs: float
    cache_bytes: Count | None


class Profile(Struct, frozen=True, kw_only=True):
    """Where the time of the report's first result goes.

    ``whole``: the network's time beside which the layers were timed. Each of the two ways has its sums, or
    a failure where it was tried in vain, or neither where it was not asked for. ``roof_problem``: why there
    is no roof, or why it is not to be trusted.
    """

    layers: tuple[LayerProfile, ...]
    whole: Timing | None = None
    isolated: IsolatedWay | None = None
    isolated_failure: Failure | None = None
    in_place: InPlaceWay | None = None
    in_place_failure: Failure | None = None
    roof: RoofRecord | None = None
    roof_problem: str = ""
    verdict: Verdict = "trusted"
    doubts: tuple[Doubt, ...] = ()
