"""Trained networks and a report of their latencies that nobody trained or measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from boards import PI_3
from msgspec.structs import replace
from saved_reports import saved
from timed_results import timed

from pibench.models.architectures import build
from pibench.models.architectures.condensenet import converted_form
from pibench.models.recipes import Recipe, load_recipe
from pibench.models.training.metrics import Accuracy, DeployedAccuracy, Environment, Metrics, TrainingData
from pibench.models.training.run_folder import RunFolder
from pibench.pareto import Error, Front, Latency, Pareto, Point, Setting, placed
from pibench.pareto.identity import built
from pibench.pareto.reference import Reference
from pibench.report import Condition, Report, Result, RuntimeRecord, Tool, save

IMAGES = 10_000
SMALL = "mobilenet_v1:depth=3,width=4"
MIDDLE = "mobilenet_v1:depth=3,width=8"
LARGE = "mobilenet_v1:depth=6,width=8"
# Spec, ms, and the error of each run in percent.
WORLD = (
    (SMALL, 1.0, (12.0, 12.2, 11.9)),
    (MIDDLE, 2.0, (9.0, 9.2)),
    (LARGE, 4.0, (9.9, 10.1)),
)


def write_run(
    path: Path, spec: str, seed: int = 0, recipe: Recipe | None = None, recipe_name: str = "quick", **changes: Any
) -> RunFolder:
    """A run that came to its end, with a validation error of 20 %; changes are of its metrics."""
    graph, used = build(spec), recipe or load_recipe("quick")
    metrics = Metrics(
        tool=Tool(name="pibench", version="0.1.0"),
        created="2026-11-24T12:00:00+00:00",
        network=graph.name,
        graph_digest=graph.digest,
        parameters=graph.total_parameters,
        macs=graph.total_macs,
        recipe=recipe_name,
        keep="last",
        seed=seed,
        epochs=used.epochs,
        epochs_done=used.epochs,
        data=TrainingData(
            name="CIFAR-10", images="official", digest="ef" * 32, train=45_000, validation=5_000, test=IMAGES
        ),
        environment=Environment(command=("pibench",), device=PI_3, backend="tensorflow", accelerators=(), versions={}),
        validation_accuracy=0.8,
    )
    folder = RunFolder(path)
    folder.create(graph, used, replace(metrics, **changes), converted_form(spec))
    return folder


def evaluated(error_percent: float, digest: str = "cd" * 32) -> dict[str, Any]:
    """What ``pibench evaluate`` adds; Keras is one image off."""
    correct = round(IMAGES * (1 - error_percent / 100))
    deployed = DeployedAccuracy(
        correct=correct,
        images=IMAGES,
        model_sha256=digest,
        runtime=RuntimeRecord(name="litert", version="2.3.0"),
        agreeing=IMAGES - 1,
    )
    return {"test": Accuracy(correct=correct - 1, images=IMAGES), "deployed": deployed}


def write_world(folder: Path) -> Path:
    """All runs of WORLD below a folder, two levels deep."""
    for spec, _, errors in WORLD:
        for seed, error in enumerate(errors):
            write_run(folder / spec.replace(":", "-") / f"seed{seed}", spec, seed, **evaluated(error))
    return folder


def latency(name: str, ms: float, condition: Condition | None = None, **subject: Any) -> Result:
    """Of five processes that differ by a thousandth; with the costs of what the name builds."""
    blocks = [[round(ms * 1e6 * (1 + 0.001 * step))] * 2 for step in (-1, 0, 1, 0.5, -0.5)]
    result = timed(name, blocks, condition, kind="architecture")
    graph = built(name)
    costs = {"macs": graph.total_macs, "parameters": graph.total_parameters} if graph else {}
    return replace(result, subject=replace(result.subject, **{**costs, **subject}))


def write_report(path: Path, results: Sequence[Result] | None = None, **changes: Any) -> Path:
    save(report(results, **changes), path)
    return path


def report(results: Sequence[Result] | None = None, **changes: Any) -> Report:
    return saved(*(results or [latency(spec, ms) for spec, ms, _ in WORLD]), **changes)


def crowd(name: str = "net") -> Pareto:
    """Thirty points of one front, near each other, of networks with such names."""
    points = [
        Point(
            network=f"{name}:depth={index}",
            error=Error(mean=0.08 + 0.02 * (index * 7 % 30) / 30, sd=0.002, runs=3, images=IMAGES),
            latency=Latency(
                ns=2e6 + 1e5 * index,
                low_ns=1.97e6 + 1e5 * index,
                high_ns=2.03e6 + 1e5 * index,
                processes=5,
                report="a.json",
                subject=name,
                untrusted="throttled" if index == 3 else "",
            ),
        )
        for index in range(30)
    ]
    setting = Setting(
        device=name, system="64-bit Linux", runtime_version="2.3.0", condition=Condition(), statistic="median"
    )
    return Pareto(
        images="CIFAR-10",
        fronts=(Front(setting=setting, placed=placed(points)),),
        notes=(name,),
        thesis=Reference("CIFAR-10").drawn,
    )
