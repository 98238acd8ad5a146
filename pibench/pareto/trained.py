"""What trainings came to: the runs of one network trained in one way, together."""

from __future__ import annotations

import hashlib
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from pibench.errors import ParetoError, PibenchError
from pibench.graph import Graph
from pibench.models.training.deployed import deployed, deployed_graph
from pibench.pareto.model import Error, Source
from pibench.tflite import lower, write

if TYPE_CHECKING:
    from pibench.models.training.metrics import Metrics
    from pibench.models.training.run_folder import RunFolder

    Run = tuple[RunFolder, Metrics]


class Trained(NamedTuple):
    """``deployed``: which network runs in the end, see ``identity``.

    ``files``: the SHA-256 of its runs' .tflite files.
    """

    network: str
    recipe: str
    error: Error
    parameters: int
    macs: int
    deployed: str
    files: frozenset[str]


class Trainings(NamedTuple):
    """All of them, on which images, and what is to be known."""

    trained: list[Trained]
    images: str
    notes: list[str]


def identity(graph: Graph) -> str:
    """Equal for networks that are the same once deployed, whatever they are called: dropout, for one, is gone."""
    return lower(graph).graph.renamed("").digest


def trainings(folders: Sequence[RunFolder]) -> Trainings:
    """Raises ParetoError where nothing is to be learnt from them, or they learnt different things; RunError."""
    notes: list[str] = []
    runs = _complete([(folder, folder.metrics()) for folder in folders], notes)
    if not runs:
        raise ParetoError(f"no run has an error yet: {notes[0]}" if notes else "there is no run: give a run's folder")
    names = list(dict.fromkeys(metrics.data.name for _, metrics in runs))
    if len(names) > 1:
        raise ParetoError(
            f"the runs learnt from different data sets ({', '.join(names)}), whose errors mean different things:"
            " give the runs of one"
        )
    if len({metrics.data.digest for _, metrics in runs}) > 1:
        notes.append(f"not all runs have the same images of {names[0]}: their errors are not quite comparable")
    groups: dict[tuple[object, ...], list[Run]] = {}
    for folder, metrics in runs:
        groups.setdefault(_way(folder, metrics), []).append((folder, metrics))
    ways = Counter((metrics.network, metrics.recipe) for (_, metrics), *_ in groups.values())
    trained = [_trained(group, ways[group[0][1].network, group[0][1].recipe] > 1, notes) for group in groups.values()]
    return Trainings(trained, _images(runs), notes)


def _complete(runs: Sequence[Run], notes: list[str]) -> list[Run]:
    """Those that came to their end, each once, though it be there as a copy."""
    kept: list[Run] = []
    for folder, metrics in runs:
        if any(metrics == other for _, other in kept):
            notes.append(f"{folder.path} is a copy of another run: left out")
        elif not metrics.complete:
            notes.append(f"{folder.path} is at epoch {metrics.epochs_done} of {metrics.epochs}: left out")
        elif _share(metrics, "test") is None and metrics.validation_accuracy is None:
            notes.append(f"{folder.path} has neither a test nor a validation error: run pibench evaluate {folder.path}")
        else:
            kept.append((folder, metrics))
    return kept


def _way(folder: RunFolder, metrics: Metrics) -> tuple[object, ...]:
    """What runs have in common that differ by chance alone."""
    data = metrics.data
    networks = (folder.graph().renamed("").digest, deployed_graph(folder).renamed("").digest)
    return (*networks, repr(folder.recipe()), data.digest, data.train, data.validation)


def _share(metrics: Metrics, source: Source) -> float | None:
    """Of images told right; of the deployed file before Keras."""
    if source == "validation":
        share: float | None = metrics.validation_accuracy
        return share
    tested = metrics.deployed or metrics.test
    return None if tested is None else tested.share


def _trained(runs: Sequence[Run], in_detail: bool, notes: list[str]) -> Trained:
    """``in_detail``: the recipe's name alone does not tell these runs from others."""
    folder, first = runs[0]
    source: Source = "test" if any(_share(metrics, "test") is not None for _, metrics in runs) else "validation"
    errors = [1 - share for _, metrics in runs if (share := _share(metrics, source)) is not None]
    if len(errors) < len(runs):
        notes.append(
            f"{len(runs) - len(errors)} of {len(runs)} runs of {first.network} have no {source} error: left out"
        )
    network = deployed_graph(folder)
    tested = next((m.deployed or m.test for _, m in runs if m.deployed or m.test), None)
    return Trained(
        network=first.network,
        recipe=first.recipe + (f", {first.epochs} epochs, {first.data.train:,} images" if in_detail else ""),
        error=Error(
            mean=statistics.fmean(errors),
            sd=statistics.stdev(errors) if len(errors) > 1 else None,
            runs=len(errors),
            images=tested.images if tested and source == "test" else max(1, first.data.validation),
            source=source,
        ),
        parameters=network.total_parameters,
        macs=network.total_macs,
        deployed=identity(network),
        files=frozenset(digest for run in runs for digest in _files(*run)),
    )


def _files(folder: RunFolder, metrics: Metrics) -> Iterator[str]:
    """Of the file that was evaluated, and of the one that is exported now."""
    if metrics.deployed is not None:
        yield metrics.deployed.model_sha256
    elif folder.has(metrics.keep):
        try:
            yield hashlib.sha256(write(*deployed(folder))).hexdigest()
        except PibenchError:
            return  # its error is known all the same


def _images(runs: Sequence[Run]) -> str:
    kinds = {"official": "the official images", "other": "not the official images, or not bit for bit", "generated": ""}
    found = dict.fromkeys(metrics.data.images for _, metrics in runs)
    told = "; ".join(kinds[kind] for kind in found if kinds[kind])
    name: str = runs[0][1].data.name
    return f"{name} ({told})" if told else name
