from __future__ import annotations

import errno
import os
from pathlib import Path

import jsonschema
import msgspec
import numpy as np
import pytest
from msgspec.structs import replace
from trainings import RECIPE, begin, learning_groups, small_images, small_network, small_setting

from pibench.errors import RunError
from pibench.models.training import metrics as metrics_module
from pibench.models.training.begin import begun
from pibench.models.training.history import Epoch, best
from pibench.models.training.metrics import json_schema
from pibench.models.training.run_folder import run_folders
from pibench.models.training.setting import setting

EPOCHS = (
    Epoch(epoch=1, learning_rate=0.1, loss=2.0, accuracy=0.25, seconds=1.5),
    Epoch(
        epoch=2,
        learning_rate=1 / 3,
        loss=1.0,
        accuracy=0.5,
        validation_loss=float("inf"),
        validation_accuracy=0.5,
        seconds=2.0,
    ),
)


def test_what_is_saved_is_what_is_read(tmp_path: Path) -> None:
    folder, metrics = begin(tmp_path / "run", small_setting())
    folder.save_history(EPOCHS)
    folder.save_arrays("last", {"conv/kernel": np.arange(3.0), ":epoch": np.int64(2)})
    assert folder.metrics() == metrics
    assert folder.graph() == small_network()
    assert folder.recipe() == RECIPE
    assert folder.history() == EPOCHS
    assert list(folder.weights("last")) == ["conv/kernel"]
    assert (folder.has("last"), folder.has("best")) == (True, False)


def test_the_published_schema_is_the_programs() -> None:
    published = Path(metrics_module.__file__).with_name("metrics-v1.schema.json")
    assert msgspec.json.decode(published.read_bytes()) == json_schema()


def test_metrics_fit_their_schema(tmp_path: Path) -> None:
    folder, _ = begin(tmp_path / "run", small_setting())
    jsonschema.validate(msgspec.json.decode((folder.path / "metrics.json").read_bytes()), json_schema())


def test_a_run_of_another_version_is_refused_in_one_sentence(tmp_path: Path) -> None:
    folder, _ = begin(tmp_path / "run", small_setting())
    path = folder.path / "metrics.json"
    path.write_bytes(path.read_bytes().replace(b'"metrics_version": 1', b'"metrics_version": 2'))
    with pytest.raises(RunError, match="has run's metrics version 2, this pibench reads 1: update pibench"):
        begin(tmp_path / "run", small_setting())


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "mother.txt").write_text("dear")
    (tmp_path / "file").write_text("")
    for name in ("letters", "file"):
        with pytest.raises(RunError, match="is there already and holds no run"):
            begin(tmp_path / name, small_setting())
    (tmp_path / "empty").mkdir()
    begin(tmp_path / "empty", small_setting())


def test_a_run_goes_on_only_as_it_began(tmp_path: Path) -> None:
    one = small_setting()
    folder, metrics = begin(tmp_path / "run", one)
    assert begin(tmp_path / "run", one)[1] == metrics
    for other, what in (
        (one._replace(seed=1), "seed"),
        (one._replace(recipe=replace(RECIPE, epochs=5)), "recipe"),
        (one._replace(graph=small_network(dropout=0.3)), "network"),
        (setting(one.graph, one.recipe, small_images(), 0, limit=100), "images"),
    ):
        with pytest.raises(RunError, match=f"holds a run with another {what}: give -o another folder"):
            begun(folder, other, small_images(), "small", lambda: metrics.environment)


def test_a_run_that_learned_no_groups_does_not_begin_to(tmp_path: Path) -> None:
    one = learning_groups()
    folder, metrics = begin(tmp_path / "run", one)
    assert (folder.graph(), folder.converted()) == (one.graph, one.converted)
    assert begin(tmp_path / "run", one)[1] == metrics
    (folder.path / "converted.json").unlink()  # as before pibench could condense
    with pytest.raises(RunError, match="holds a run with another network"):
        begin(tmp_path / "run", one)


@pytest.mark.parametrize(
    "name", ["graph.json", "converted.json", "recipe.json", "metrics.json", "history.csv", "last.npz"]
)
def test_a_damaged_file_is_one_sentence_with_its_name(tmp_path: Path, name: str) -> None:
    folder, _ = begin(tmp_path / "run", small_setting())
    (folder.path / name).write_bytes(b"epoch\n\xff\x00{")
    reads = {
        "graph.json": folder.graph,
        "converted.json": folder.converted,
        "recipe.json": folder.recipe,
        "metrics.json": folder.metrics,
        "history.csv": folder.history,
        "last.npz": lambda: folder.arrays("last"),
    }
    with pytest.raises(RunError, match=name):
        reads[name]()


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, _ = begin(tmp_path / "run", small_setting())
    folder.save_history(EPOCHS[:1])

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch, pytest.raises(RunError, match="No space left on device"):
        patch.setattr(os, "fsync", full)
        folder.save_history(EPOCHS)
    assert folder.history() == EPOCHS[:1]
    assert not list(folder.path.glob("*.tmp")) + list(folder.path.glob(".*.tmp"))


def test_a_folder_with_several_runs_names_them_all(tmp_path: Path) -> None:
    for seed in (1, 0):
        begin(tmp_path / "runs" / f"seed{seed}", small_setting(seed))
    assert [run.path.name for run in run_folders([tmp_path / "runs"])] == ["seed0", "seed1"]
    assert [run.path.name for run in run_folders([tmp_path / "runs" / "seed1"])] == ["seed1"]
    assert [run.path.name for run in run_folders([tmp_path, tmp_path / "runs" / "seed1"])] == ["seed0", "seed1"]
    (tmp_path / "empty").mkdir()
    for path, sentence in ((tmp_path / "empty", "holds no run"), (tmp_path / "x", "does not exist")):
        with pytest.raises(RunError, match=sentence):
            run_folders([path])


def test_the_first_of_equally_good_epochs_is_the_best() -> None:
    good = EPOCHS[1]
    assert best([*EPOCHS, replace(good, epoch=3)]) == good
    assert best(EPOCHS[:1]) is None
