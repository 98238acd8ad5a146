"""What a latency test declares before it runs: its marker, and its parameters of the same names."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pytest

from pibench.device.cpus import allowed_cpus, cpus_from, format_cpus
from pibench.engine.runtimes import KERNEL_MODES, RUNTIMES, KernelMode, RuntimeName
from pibench.errors import LatencyTestError, did_you_mean
from pibench.graph import Graph
from pibench.measure.campaign import Given
from pibench.measure.conditions import MOST_THREADS, Cpus, cores_of, default_runtime
from pibench.report import Condition
from pibench.subject import Subject

MARKER = "latency"
PARAMETERS = ("subject", "runtime", "threads", "kernels", "cpus")
ARGUMENTS = (*PARAMETERS, "limit_ms", "fail_above")

W = TypeVar("W", bound=str)


class Asked(NamedTuple):
    """A condition as a test asks for it; ``cpus`` are None where it does not care."""

    runtime: RuntimeName
    threads: int
    kernels: KernelMode
    cpus: Cpus | None


class Declared(NamedTuple):
    """What a test measures, as far as it says so, and what the figure is held against.

    ``fail_above``: a fraction, by how much slower than in the compared run.
    """

    subject: Given | None
    asked: Asked
    limit_ms: float | None
    fail_above: float | None


def declared(item: pytest.Item) -> Declared:
    """Raises LatencyTestError for arguments that cannot be."""
    given = {**_marked(item), **_parametrised(item)}
    subject = given.get("subject")
    return Declared(
        subject=None if subject is None else subject_from(subject),
        asked=Asked(
            runtime=_word("runtime", given.get("runtime", default_runtime()), RUNTIMES),
            threads=_threads(given.get("threads", 1)),
            kernels=_word("kernels", given.get("kernels", "xnnpack"), KERNEL_MODES),
            cpus=_cpus(given.get("cpus")),
        ),
        limit_ms=_limit_ms(given.get("limit_ms")),
        fail_above=_fraction(given.get("fail_above")),
    )


def subject_from(given: Any) -> Given:
    """What the fixture and the marker accept as a subject. Raises LatencyTestError for anything else."""
    if isinstance(given, (str, Graph, Subject)):
        return given
    if isinstance(given, os.PathLike):
        return str(Path(given))
    raise LatencyTestError(
        f"a {type(given).__name__} is no subject: give an architecture's spec, the path of a .tflite file,"
        " a Graph or a Subject"
    )


def conditions_for(asked: Sequence[Asked]) -> list[Condition]:
    """Of tests that share processes. Raises PibenchError for too few cores."""
    careless = {one.threads for one in asked if one.cpus is None}
    free = cores_of(careless, None) if careless else {}
    found = []
    for one in asked:
        cores = free if one.cpus is None else cores_of([one.threads], one.cpus)
        found.append(Condition(runtime=one.runtime, threads=one.threads, kernels=one.kernels, cpus=cores[one.threads]))
    return found


def _marked(item: pytest.Item) -> dict[str, Any]:
    """The markers' arguments, those of the test before those of its class and module."""
    found: dict[str, Any] = {}
    for mark in reversed(list(item.iter_markers(MARKER))):
        for name in mark.kwargs:
            if name not in ARGUMENTS:
                raise LatencyTestError(f"the marker latency has no argument {name!r}.{did_you_mean(name, ARGUMENTS)}")
        if len(mark.args) + ("subject" in mark.kwargs) > 1:
            raise LatencyTestError("the marker latency takes one subject, all else by name: parametrise for several")
        found.update(mark.kwargs)
        if mark.args:
            found["subject"] = mark.args[0]
    return found


def _parametrised(item: pytest.Item) -> Mapping[str, Any]:
    """The test's own parameters that tell what it measures."""
    callspec = getattr(item, "callspec", None)
    if callspec is None:
        return {}
    indirect = {name for mark in item.iter_markers("parametrize") for name in _indirect(mark)}
    return {name: value for name, value in callspec.params.items() if name in PARAMETERS and name not in indirect}


def _indirect(mark: pytest.Mark) -> Collection[str]:
    """The parameters that a fixture turns into something else."""
    indirect = mark.kwargs.get("indirect", mark.args[2] if len(mark.args) > 2 else False)
    if indirect is True:
        names = mark.args[0] if mark.args else mark.kwargs["argnames"]
        return [name.strip() for name in names.split(",")] if isinstance(names, str) else names
    return indirect or ()


def _word(name: str, value: Any, known: Collection[W]) -> W:
    for word in known:
        if word == value:
            return word
    raise LatencyTestError(f"{name}={value!r} is unknown.{did_you_mean(str(value), known)}")


def _threads(value: Any) -> int:
    if not (type(value) is int and 1 <= value <= MOST_THREADS):
        raise LatencyTestError(f"threads={value!r} is not a number from 1 to {MOST_THREADS}")
    return value


def _cpus(value: Any) -> Cpus | None:
    if value is None:
        return None
    if value == "auto":
        return "auto"
    if isinstance(value, str):
        cpus = cpus_from(value)
    else:
        cpus = tuple(value) if isinstance(value, (tuple, list, range)) else (value,)
    if not cpus or not all(type(cpu) is int for cpu in cpus):
        raise LatencyTestError(f"cpus={value!r} is no list of cores such as (2, 3), '2,3' or 'auto'")
    allowed = allowed_cpus()
    if not set(cpus) <= set(allowed):
        raise LatencyTestError(f"cpus={value!r}: of the cores only {format_cpus(allowed)} may be used here")
    return cpus


def _limit_ms(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
        raise LatencyTestError(f"limit_ms={value!r} is not a number of milliseconds above 0")
    return float(value)


def _fraction(value: Any) -> float | None:
    if value is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?) ?%", value) if isinstance(value, str) else None
    if match is None:
        raise LatencyTestError(f"fail_above={value!r} is not a percentage such as '3%'")
    return float(match[1]) / 100
