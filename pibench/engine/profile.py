"""What a runtime's own profiler tells of the operations it runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from pibench.errors import EngineError

# "operator": of the file, run by the runtime itself; "delegate": of XNNPACK, internally; "span": what contains others.
EventKind = Literal["operator", "delegate", "span"]

# As tflite::Profiler::EventType numbers them; telemetry, which carries no times, is left out.
_KINDS: dict[int, EventKind] = {1: "span", 2: "operator", 4: "delegate", 8: "delegate", 16: "span"}

_RawEvent = tuple[str, int, int, int, int]


class Event(NamedTuple):
    """One operation, or span, in every inference.

    ``name``: the runtime's. ``node``: an operator's number in the file, or XNNPACK's own. ``ns``: per inference.
    """

    name: str
    kind: EventKind
    node: int
    ns: npt.NDArray[np.int64]


class Profile(NamedTuple):
    """The events of each inference in their order; ``dropped`` inferences found no room for theirs."""

    events: tuple[Event, ...]
    inferences: int
    dropped: int


def folded(raw: Sequence[_RawEvent], inferences: int, dropped: int) -> Profile:
    """Events of all inferences in a row, as (name, type, node, subgraph, ns), as those of one inference.

    Raises EngineError when inferences differ in what they did.
    """
    if not inferences:
        return Profile((), 0, dropped)
    length = len(raw) // inferences
    first = [event[:4] for event in raw[:length]]
    if any(event[:4] != first[k % length] for k, event in enumerate(raw)):
        raise EngineError("the runtime's profiler does not tell the same operations in each inference")
    ns = np.array([event[4] for event in raw], np.int64).reshape(inferences, length)
    events = [
        Event(name, _KINDS[kind], node, ns[:, k]) for k, (name, kind, node, _) in enumerate(first) if kind in _KINDS
    ]
    return Profile(tuple(events), inferences, dropped)
