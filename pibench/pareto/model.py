"""What error against latency is made of, and what came of it."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from pibench.report import Condition
from pibench.report.samples import Count, Struct

Source = Literal["test", "validation"]
# Whether another network is at least as fast and at least as good: surely not, perhaps, surely.
Standing = Literal["front", "perhaps", "dominated"]
Probability = Annotated[float, Meta(ge=0, le=1)]
Several = Annotated[int, Meta(ge=1)]


class Error(Struct, frozen=True, kw_only=True):
    """The share of ``images`` told wrong: its mean over so many ``runs`` of one training, and their standard deviation.

    ``source``: test images, of the .tflite file (``pibench evaluate``); or the validation images of the training.
    """

    mean: Probability
    sd: Annotated[float, Meta(ge=0)] | None = None
    runs: Several = 1
    images: Several
    source: Source = "test"


class Latency(Struct, frozen=True, kw_only=True):
    """A figure of a report with its 95 % interval over so many processes.

    ``subject``: under which name it was measured. ``untrusted``: why it is so, or nothing.
    """

    ns: Annotated[float, Meta(gt=0)]
    low_ns: Annotated[float, Meta(gt=0)]
    high_ns: Annotated[float, Meta(gt=0)]
    processes: Several
    report: str
    subject: str
    untrusted: str = ""


class Point(Struct, frozen=True, kw_only=True):
    """One network, trained in one way, and timed."""

    network: str
    recipe: str = ""
    error: Error
    latency: Latency
    parameters: Count | None = None
    macs: Count | None = None


class Placed(Struct, frozen=True, kw_only=True):
    """A point among others.

    ``dominated``: the probability that one of them takes no longer and errs no more often (and less of one of both).
    ``by``: the network that most probably does; none where nothing may.
    """

    point: Point
    dominated: Probability
    standing: Standing
    by: str = ""


class Setting(Struct, frozen=True, kw_only=True):
    """What latencies have in common that one front may hold: board, system, the runtime's version, the condition."""

    device: str
    system: str
    runtime_version: str
    condition: Condition
    statistic: str

    def __str__(self) -> str:
        runtime = self.condition.runtime
        condition = str(self.condition).replace(runtime, f"{runtime} {self.runtime_version}", 1)
        return f"{self.device}, {self.system}, {condition}"


class Front(Struct, frozen=True, kw_only=True):
    """All points of a setting, the fastest first. ``untimed``: trained networks that it has no latency of."""

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

    ``untrained``: networks that were timed and belong to no run.
    """

    images: str
    fronts: tuple[Front, ...]
    untrained: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def untrusted(self) -> bool:
        """Whether a latency in it is."""
        return any(one.point.latency.untrusted for front in self.fronts for one in front.placed)
