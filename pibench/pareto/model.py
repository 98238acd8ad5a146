"""What error against latency is made of, and what came of it."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from pibench.models.data.images import Origin
from pibench.report import Condition
from pibench.report.samples import Count, Struct
from pibench.thesis import Row

Source = Literal["test", "validation"]
# Whether another network is at least as fast and at least as good: surely not, perhaps, surely.
Standing = Literal["front", "perhaps", "dominated"]
Probability = Annotated[float, Meta(ge=0, le=1)]
Several = Annotated[int, Meta(ge=1)]


class Error(Struct, frozen=True, kw_only=True):
    """The share of ``images`` told wrong: its mean over so many ``runs`` of one training, and their standard deviation.

    ``source``: test images, of the .tflite file (``pibench evaluate``); or the validation images of the training.
    ``origin``: of which data set, where that is known.
    """

    mean: Probability
    sd: Annotated[float, Meta(ge=0)] | None = None
    runs: Several = 1
    images: Several
    source: Source = "test"
    origin: Origin | None = None

    @property
    def found_on(self) -> tuple[str, int, str]:
        """Equal for errors that were found on the same images."""
        return self.source, self.images, self.origin.digest if self.origin else ""


class Latency(Struct, frozen=True, kw_only=True):
    """A figure of a report with its interval over so many processes, computed at this ``confidence``.

    ``subject``: under which name it was measured. ``untrusted``: why it is so, or nothing.
    """

    ns: Annotated[float, Meta(gt=0)]
    low_ns: Annotated[float, Meta(gt=0)]
    high_ns: Annotated[float, Meta(gt=0)]
    processes: Several
    confidence: Annotated[float, Meta(gt=0, lt=1)] = 0.95
    report: str
    subject: str
    untrusted: str = ""


class Point(Struct, frozen=True, kw_only=True):
    """One network, trained in one way, and timed.

    ``training``: what of its training is not the same for all networks. ``thesis``: its figures there.
    """

    network: str
    recipe: str = ""
    training: str = ""
    error: Error
    latency: Latency
    parameters: Count | None = None
    macs: Count | None = None
    thesis: Row | None = None

    @property
    def label(self) -> str:
        """By which it is told from all other points of a front."""
        return labelled(self.network, self.training)


def labelled(network: str, training: str) -> str:
    """One trained in one way."""
    return f"{network} ({training})" if training else network


class Placed(Struct, frozen=True, kw_only=True):
    """A point among others.

    ``dominated``: the probability that one of them takes no longer and errs no more often (and less of one of both).
    ``by``: the label of the one that most probably does or, untrusted latencies being anything, may; none where nothing
    may. ``doubtful``: it would stand surely somewhere if no latency that this rests on were untrusted.
    """

    point: Point
    dominated: Probability
    standing: Standing
    by: str = ""
    doubtful: bool = False


class Setting(Struct, frozen=True, kw_only=True):
    """What latencies have in common that one front may hold.

    The board, its system, the runtime's version, the condition, and of what of the samples the figures are made.
    """

    device: str
    system: str
    runtime_version: str
    condition: Condition
    statistic: str

    def __str__(self) -> str:
        runtime = self.condition.runtime
        condition = str(self.condition).replace(runtime, f"{runtime} {self.runtime_version}", 1)
        return f"{self.device}, {self.system}, {condition}, {self.statistic}"


class Front(Struct, frozen=True, kw_only=True):
    """All points of a setting, the fastest first. ``untimed``: labels of trained networks that it has no latency of."""

    setting: Setting
    placed: tuple[Placed, ...]
    untimed: tuple[str, ...] = ()

    def having(self, standing: Standing) -> list[Placed]:
        return [one for one in self.placed if one.standing == standing]

    @property
    def estimated(self) -> list[Placed]:
        """The front of the estimates alone, as if they were certain: each errs less than all faster ones."""
        found: list[Placed] = []
        for one in sorted(self.placed, key=lambda one: (one.point.latency.ns, one.point.error.mean)):
            if not found or one.point.error.mean < found[-1].point.error.mean:
                found.append(one)
        return found


class Pareto(Struct, frozen=True, kw_only=True):
    """A front for each setting. ``images``: on which errors were found. ``notes``: what else is to be known.

    ``untrained``: for each report the networks that were timed there and belong to no run. ``thesis``: the figures to
    draw beside, if they were asked for.
    """

    images: str
    fronts: tuple[Front, ...]
    untrained: dict[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    thesis: tuple[Row, ...] = ()

    @property
    def untrusted(self) -> bool:
        """Whether a latency in it is."""
        return any(one.point.latency.untrusted for front in self.fronts for one in front.placed)
