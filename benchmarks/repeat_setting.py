"""What the tables of repeat.py share: models in files, quick looks at the machine, words for shares."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pibench.engine.reference import CHAIN_LENGTH
from pibench.measure.loading import load
from pibench.measure.settle import settle
from pibench.report import Condition
from pibench.stats._distributions import binomial_cdf
from pibench.subject import load_subject
from pibench.suite import DEFAULT_SUITE
from pibench.worker.client import Worker
from pibench.worker.protocol import Loaded, Run, RunReference, Sampled

CONDITION = Condition()
WARM_UP_S = 0.05
LOOK_SAMPLES = 51


class Model(NamedTuple):
    spec: str
    path: Path
    latency_ns: float


class Setting(NamedTuple):
    """The options of the run, a folder for its files, and the default suite's models."""

    options: argparse.Namespace
    folder: Path
    models: tuple[Model, ...]


def prepared(options: argparse.Namespace, folder: Path) -> Setting:
    return Setting(
        options, folder, tuple(_prepared(spec, folder / f"{k}.tflite") for k, spec in enumerate(DEFAULT_SUITE))
    )


def _prepared(spec: str, path: Path) -> Model:
    path.write_bytes(load_subject(spec).model)
    return Model(spec, path, look(path).latency_ns)


class Look(NamedTuple):
    """What a model takes now in a fresh process, and one step of the fixed reference alone."""

    latency_ns: float
    step_ns: float


def look(path: Path) -> Look:
    with Worker() as worker:
        engine = warm(worker, path).engine
        model = worker.ask(Run(engine, LOOK_SAMPLES), Sampled)
        chain = worker.ask(RunReference(LOOK_SAMPLES), Sampled)
    return Look(float(np.median(model.duration_ns)), float(np.median(chain.duration_ns)) / CHAIN_LENGTH)


def warm(worker: Worker, path: Path) -> Loaded:
    """A fresh engine of a model, warmed up."""
    loaded = load(worker, path, CONDITION, seed=0)
    settle(worker, loaded.engine, WARM_UP_S, 0, clock_step_ns=1)
    return loaded


def at_most(found: int, tried: int) -> float:
    """The share's upper bound at 95 %, one-sided (Clopper & Pearson 1934)."""
    if found >= tried:
        return 1.0
    low, high = 0.0, 1.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if binomial_cdf(tried, middle)[found] > 0.05 else (low, middle)
    return high


def at_least(found: int, tried: int) -> float:
    """The share's lower bound at 95 %, one-sided."""
    return 1 - at_most(tried - found, tried)


def percentiles(errors: Sequence[float]) -> tuple[str, str, str]:
    """Median, 95th percentile and largest, for a table."""
    values: Any = np.abs(errors)
    return tuple(f"{value:.2%}" for value in (np.median(values), np.quantile(values, 0.95), values.max()))  # type: ignore[return-value]
