"""What trainings came to: the runs of one network trained in one way, together."""

from __future__ import annotations

import hashlib
import statistics
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from pibench.errors import ParetoError, PibenchError
from pibench.models.data.images import Origin
from pibench.models.training.deployed import deployed, deployed_graph
from pibench.pareto.identity import identity
from pibench.pareto.model import Error, Source, labelled
from pibench.pareto.ways import Described, Way, described, way_of
from pibench.subject import printable
from pibench.tflite import write
from pibench.words.images import images_text

if TYPE_CHECKING:
    from pibench.models.training.metrics import Metrics
    from pibench.models.training.run_folder import RunFolder

    Run = tuple[RunFolder, Metrics]


class Trained(NamedTuple):
    """``training``: what of it is not the same for all. ``deployed``: which network runs in the end, see ``identity``.

    ``files``: the SHA-256 of its runs' .tflite files. ``selected``: the error is of the best epoch on the very images
    that it was found on, and so too low.
    """

    network: str
    recipe: str
    training: str
    error: Error
    parameters: int
    macs: int
    deployed: str
    files: frozenset[str]
    selected: bool

    @property
    def label(self) -> str:
        return labelled(self.network, self.training)


class Trainings(NamedTuple):
    """All of them, of which data set, on which images, and what is to be known."""

    trained: list[Trained]
    data_set: str
    images: str
    notes: list[str]


def trainings(folders: Sequence[RunFolder]) -> Trainings:
    """Raises ParetoError where nothing is to be learnt from them, or they learnt different things; RunError."""
    notes: list[str] = []
    runs = _complete([(folder, folder.metrics()) for folder in folders], notes)
    if not runs:
        raise ParetoError(f"no run has an error yet: {notes[0]}" if notes else "there is no run: give a run's folder")
    sets = {metrics.data.name: printable(str(folder.path)) for folder, metrics in reversed(runs)}
    if len(sets) > 1:
        told = ", ".join(f"{path} from {name}" for name, path in reversed(sets.items()))
        raise ParetoError(
            f"the runs learnt from different data sets ({told}), whose errors mean other things: give those of one"
        )
    groups: dict[Way, list[Run]] = {}
    for folder, metrics in runs:
        groups.setdefault(way_of(folder, metrics), []).append((folder, metrics))
    descriptions = described({way: group[0][1] for way, group in groups.items()})
    trained = [
        _trained(_one_of_each_seed(group, notes), description, notes)
        for group, description in zip(groups.values(), descriptions, strict=True)
    ]
    return Trainings(trained, next(iter(sets)), _images(runs), notes)


def _complete(runs: Sequence[Run], notes: list[str]) -> list[Run]:
    """Those that came to their end."""
    kept: list[Run] = []
    for folder, metrics in runs:
        path = printable(str(folder.path))
        if not metrics.complete:
            notes.append(f"{path} is at epoch {metrics.epochs_done} of {metrics.epochs}: left out")
        elif _share(metrics, "test") is None and metrics.validation_accuracy is None:
            notes.append(f"{path} has neither a test nor a validation error: run pibench evaluate {path}")
        else:
            kept.append((folder, metrics))
    return kept


def _one_of_each_seed(runs: Sequence[Run], notes: list[str]) -> list[Run]:
    """Of one way. Runs of one seed, copies for example, tell nothing about chance: on a CPU they are equal bit by bit.

    The one that counts was evaluated, else it is the newest.
    """
    best: dict[int, Run] = {}
    for run in sorted(runs, key=_worth, reverse=True):
        best.setdefault(run[1].seed, run)
    kept = list(best.values())
    for run in runs:
        if run not in kept:
            same = best[run[1].seed][0]
            notes.append(
                f"{printable(str(run[0].path))} is the training of {printable(str(same.path))} once more"
                f" (seed {run[1].seed}): left out"
            )
    return [run for run in runs if run in kept]


def _worth(run: Run) -> tuple[bool, bool, str]:
    _, metrics = run
    return metrics.deployed is not None, metrics.test is not None, metrics.created


def _share(metrics: Metrics, source: Source) -> float | None:
    """Of images told right; of the deployed file before Keras."""
    if source == "validation":
        share: float | None = metrics.validation_accuracy
        return share
    tested = metrics.deployed or metrics.test
    return None if tested is None else tested.share


def _trained(runs: Sequence[Run], description: Described, notes: list[str]) -> Trained:
    folder, first = runs[0]
    source: Source = "test" if any(_share(metrics, "test") is not None for _, metrics in runs) else "validation"
    errors = [1 - share for _, metrics in runs if (share := _share(metrics, source)) is not None]
    if len(errors) < len(runs):
        label = labelled(description.network, description.training)
        notes.append(f"{len(runs) - len(errors)} of {len(runs)} runs of {label} have no {source} error: left out")
    network = deployed_graph(folder)
    tested = next((m.deployed or m.test for _, m in runs if m.deployed or m.test), None)
    return Trained(
        **description._asdict(),
        error=Error(
            mean=statistics.fmean(errors),
            sd=statistics.stdev(errors) if len(errors) > 1 else None,
            runs=len(errors),
            images=tested.images if tested and source == "test" else max(1, first.data.validation),
            source=source,
            origin=Origin(name=first.data.name, images=first.data.images, digest=first.data.digest),
        ),
        parameters=network.total_parameters,
        macs=network.total_macs,
        deployed=identity(network),
        files=frozenset(digest for run in runs for digest in _files(*run)),
        selected=source == "validation" and first.keep == "best",
    )


def _files(folder: RunFolder, metrics: Metrics) -> Iterator[str]:
    """Of the file that was evaluated, and of the one that is exported now."""
    if metrics.deployed is not None:
        yield metrics.deployed.model_sha256
    if folder.has(metrics.keep):
        try:
            yield hashlib.sha256(write(*deployed(folder))).hexdigest()
        except PibenchError:
            return  # its error is known all the same


def _images(runs: Sequence[Run]) -> str:
    return "; ".join(dict.fromkeys(images_text(metrics.data.name, metrics.data.images) for _, metrics in runs))
