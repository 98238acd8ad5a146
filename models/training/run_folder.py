"""A run's folder: what was trained, how, and what came of it so far.

    graph.json      the network
    converted.json  of a CondenseNet that learns its groups: the form that is deployed, before they are learned
    recipe.json     how it is trained, as a recipe file
    history.csv     a line for each epoch
    last.npz        the weights after the last epoch that is done, and all else that going on needs
    best.npz        the weights of the best validation accuracy
    metrics.json    the rest: figures, images, environment

Weights have the names that pibench.tflite knows them by (``node/weight``): they are read without Keras.
"""

from __future__ import annotations

import csv
import fcntl
import io
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from pibench.document import NO_ROOM, write_whole
from pibench.errors import GraphError, RecipeError, RunError
from pibench.graph import Graph
from pibench.models.recipes import Recipe, load_recipe

from .history import Epoch
from .metrics import METRICS, Metrics

Arrays = Mapping[str, npt.NDArray[Any]]

# No node's name has a colon: what goes on from here is told from the weights by it.
STATE = ":"
EPOCH = f"{STATE}epoch"  # after how many epochs this is the state

# What is there of a run that ended while it was created, before its metrics.json.
_UNFINISHED = re.compile(r"graph\.json|converted\.json|recipe\.json|\.\d+\.tmp")


class RunFolder:
    """Every method raises RunError with one sentence."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def exists(self) -> bool:
        """Whether a run is here; raises for a folder of something else."""
        if (self.path / "metrics.json").is_file():
            return True
        if self.path.exists() and not (self.path.is_dir() and all(map(_is_unfinished, self.path.iterdir()))):
            raise RunError(f"{self.path} is there already and holds no run: give -o another folder")
        return False

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While no other process writes into it; what a killed one left half-written is removed."""
        with self._explained(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path, os.O_RDONLY)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RunError(
                    f"another pibench works in {self.path}: wait until it is done, or give -o another folder"
                ) from None
            except OSError:
                pass  # some network file systems know no locks
            for half in self.path.glob(".*.tmp"):
                half.unlink(missing_ok=True)
            yield
        finally:
            os.close(handle)

    def create(self, graph: Graph, recipe: Recipe, metrics: Metrics, converted: Graph | None = None) -> None:
        """Begin: the metrics come last, since a folder with them is a run."""
        self._write("graph.json", graph.to_json())
        if converted is not None:
            self._write("converted.json", converted.to_json())
        self._write("recipe.json", msgspec.json.format(msgspec.json.encode(recipe)))
        self.save_metrics(metrics)

    def metrics(self) -> Metrics:
        return METRICS.load(self.path / "metrics.json")

    def save_metrics(self, metrics: Metrics) -> None:
        self._write("metrics.json", msgspec.json.format(msgspec.json.encode(metrics)))

    def graph(self) -> Graph:
        """The one that was trained, whose digest metrics.json has."""
        graph = self._graph("graph.json")
        if graph.digest != self.metrics().graph_digest:
            raise RunError(
                f"{self.path}/graph.json is not the network of metrics.json beside it: train again with another -o"
            )
        return graph

    def converted(self) -> Graph | None:
        """What becomes of a network that learns its groups; None for all others."""
        return self._graph("converted.json") if (self.path / "converted.json").is_file() else None

    def _graph(self, name: str) -> Graph:
        path = self.path / name
        try:
            return Graph.from_json(path.read_bytes())
        except OSError as error:
            raise RunError(f"cannot read {path}: {error.strerror}") from None
        except GraphError as error:
            raise RunError(f"{path} is damaged: {error}") from None

    def recipe(self) -> Recipe:
        try:
            return load_recipe(str(self.path / "recipe.json"))
        except RecipeError as error:
            raise RunError(f"{error}; the run is damaged: train again with another -o") from None

    def history(self) -> tuple[Epoch, ...]:
        path = self.path / "history.csv"
        if not path.is_file():
            return ()
        try:
            with path.open(newline="") as file:
                rows = [{name: value or None for name, value in row.items()} for row in csv.DictReader(file)]
            epochs = msgspec.convert(rows, tuple[Epoch, ...], strict=False)
            if [epoch.epoch for epoch in epochs] != list(range(1, len(epochs) + 1)):
                raise ValueError("its epochs are not numbered 1, 2, 3 and so on")
        except (OSError, ValueError, csv.Error) as error:
            raise RunError(f"{path} is damaged ({error}): remove the folder, or give -o another one") from None
        return epochs

    def save_history(self, epochs: Iterable[Epoch]) -> None:
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, Epoch.__struct_fields__)
        writer.writeheader()
        writer.writerows(map(msgspec.to_builtins, epochs))  # csv writes None as nothing
        self._write("history.csv", text.getvalue().encode())

    def save_arrays(self, name: str, arrays: Arrays) -> None:
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)
        self._write(f"{name}.npz", buffer.getvalue())

    def arrays(self, name: str) -> dict[str, npt.NDArray[Any]]:
        path = self.path / f"{name}.npz"
        try:
            # NumPy leaves a file open that it opens itself and cannot read.
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                return dict(arrays)
        except FileNotFoundError:
            raise RunError(
                f"{self.path} has no {path.name}: finish its pibench train, or train it again if the file was lost"
            ) from None
        except OSError as error:
            raise RunError(f"cannot read {path}: {error.strerror or error}") from None
        except Exception as error:  # of many kinds: a damaged archive can ask zipfile for anything
            raise RunError(f"{path} is damaged ({error}): remove the folder, or give -o another one") from None

    def has(self, name: str) -> bool:
        """Whether these arrays were saved already."""
        return (self.path / f"{name}.npz").is_file()

    def weights(self, name: str) -> dict[str, npt.NDArray[np.float32]]:
        """The weights alone, of ``last`` or ``best``."""
        return weights_in(self.arrays(name))

    def _write(self, name: str, data: bytes) -> None:
        path = self.path / name
        with self._explained(path):
            write_whole(data, path)

    @staticmethod
    @contextmanager
    def _explained(path: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            remedy = (
                "what was saved before is there still: make room, and the same command goes on from it"
                if error.errno in NO_ROOM
                else "a run needs a folder that can be written to"
            )
            raise RunError(f"cannot write {path}: {error.strerror}; {remedy}") from None


def weights_in(arrays: Arrays) -> dict[str, npt.NDArray[np.float32]]:
    """Without the state that only going on needs."""
    return {key: values for key, values in arrays.items() if not key.startswith(STATE)}


def _is_unfinished(path: Path) -> bool:
    return _UNFINISHED.fullmatch(path.name) is not None


def run_folders(paths: Sequence[Path]) -> list[RunFolder]:
    """The runs that these paths name, each once: a run's folder, or one with several in it, however deep.

    Raises RunError.
    """
    found: dict[Path, RunFolder] = {}
    for path in paths:
        if not path.exists():
            raise RunError(f"{path} does not exist: train one with -o {path}")
        inside = sorted(file.parent for file in path.rglob("metrics.json"))
        if not inside:
            raise RunError(f"{path} holds no run: give a folder that pibench train made, or one with several in it")
        for folder in inside:
            found.setdefault(folder.resolve(), RunFolder(folder))
    return list(found.values())
