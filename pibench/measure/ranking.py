"""Subjects of one campaign against each other: which is the fastest, as far as the samples tell.

The subjects of a campaign are sampled in turns in the same processes, so that a ratio is taken
process by process, between blocks of the same rounds: what a process or a moment does to both cancels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

import msgspec
import numpy as np

from pibench.measure.summary import rounds_ns
from pibench.report.model import Result
from pibench.stats import NestedInterval, nested_ratio, simultaneous_confidence, verdict

# Process, instance and number of the block. The k-th blocks are of the same round; a slow network has fewer.
_Turn = tuple[int, int, int]


class Contender(NamedTuple):
    """A result, and the work that its time is divided by (1: none)."""

    result: Result
    work: float = 1.0


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One contender's time over the reference's, with the 95 % interval of that ratio alone.

    None where one of them has no samples in a process of the other's; bounds are None where there is
    one such process only, which cannot show by how much processes differ.
    """

    name: str
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    processes: int = 0


class Ranking(msgspec.Struct, frozen=True, kw_only=True):
    """Contenders in the given order; the reference is the first that has samples.

    ``leader`` has the smallest ratio. ``fastest`` is the leader where it is faster than each other one, all
    these comparisons holding together at 95 %; ``level`` are those that it could not be told apart from.
    """

    standings: tuple[Standing, ...]
    leader: str | None
    fastest: str | None
    level: tuple[str, ...]


def ranking(contenders: Sequence[Contender]) -> Ranking:
    """How the contenders stand to the first one that has samples, and which is the fastest.

    The leader is compared with every other one at Bonferroni's confidence for so many comparisons.
    Though it is the data that chose it, that is enough: a wrong one is called fastest only if it beats
    the true one, which is one of those comparisons.
    """
    reference = next((contender for contender in contenders if _centres(contender)), contenders[0])
    standings = tuple(_standing(reference, contender) for contender in contenders)
    rated = [
        (standing.ratio, contender)
        for standing, contender in zip(standings, contenders, strict=True)
        if standing.ratio is not None
    ]
    if len(rated) < 2:
        return Ranking(standings=standings, leader=None, fastest=None, level=())
    _, leader = min(rated, key=lambda one: one[0])
    others = [contender for _, contender in rated if contender is not leader]
    confidence = simultaneous_confidence(len(others))
    level = tuple(_name(other) for other in others if not _is_slower(leader, other, confidence))
    name = _name(leader)
    return Ranking(standings=standings, leader=name, fastest=None if level else name, level=level)


def _name(contender: Contender) -> str:
    return contender.result.subject.name


def _standing(reference: Contender, contender: Contender) -> Standing:
    name = _name(contender)
    # The reference against itself is exactly 1, from as many processes as it has.
    ratio = paired_ratio(reference, contender)
    if ratio is None:
        return Standing(name=name)
    interval = ratio.interval
    if ratio.unit != "process":
        return Standing(name=name, ratio=interval.estimate, processes=1)
    return Standing(name=name, ratio=interval.estimate, low=interval.low, high=interval.high, processes=ratio.units)


def _is_slower(leader: Contender, other: Contender, confidence: float) -> bool:
    ratio = paired_ratio(leader, other, confidence)
    return ratio is not None and ratio.unit == "process" and verdict(ratio.interval) == "slower"


def paired_ratio(a: Contender, b: Contender, confidence: float = 0.95) -> NestedInterval | None:
    """b's time over a's in the processes of one campaign; None without one that has samples of both."""
    of_a, of_b = _centres(a), _centres(b)
    shared = sorted(of_a.keys() & of_b.keys())
    if not shared:
        return None
    return nested_ratio(_nested(of_a, shared), _nested(of_b, shared), confidence)


def _nested(centres: Mapping[_Turn, float], turns: Sequence[_Turn]) -> list[list[list[list[float]]]]:
    """Processes of instances of blocks, in the order of the turns."""
    return [
        [[[centres[turn]] for turn in of_instance] for _, of_instance in groupby(of_process, key=lambda turn: turn[1])]
        for _, of_process in groupby(turns, key=lambda turn: turn[0])
    ]


def _centres(contender: Contender) -> dict[_Turn, float]:
    """The median of each block over the work, of those that have samples left."""
    return {
        (one.process, one.instance, turn): float(np.median(block)) / contender.work
        for one in contender.result.measurements
        for turn, block in enumerate(rounds_ns(one))
        if block.size
    }
