from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import numpy as np
import pytest
from msgspec.structs import replace
from trainings import CLASSES, RECIPE, begin, learning_groups, small_images, small_network, small_setting

from pibench.errors import RunError
from pibench.models.data.cifar import CIFAR10
from pibench.models.data.generated import generated
from pibench.models.training import metrics as metrics_module
from pibench.models.training import run_folder
from pibench.models.training.begin import begun
from pibench.models.training.best_weights import save_best
from pibench.models.training.evaluable import check_evaluable
from pibench.models.training.history import Epoch, best
from pibench.models.training.metrics import Accuracy, json_schema
from pibench.models.training.run_folder import RunFolder, run_folders
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
    with pytest.raises(RunError, match="has metrics file version 2, this pibench reads 1: update pibench"):
        begin(tmp_path / "run", small_setting())


def test_a_run_from_before_the_normalisation_was_told_had_that_of_cifar_10(tmp_path: Path) -> None:
    folder, metrics = begin(tmp_path / "run", small_setting())
    assert metrics.data.normalisation == small_images().normalisation
    document = msgspec.json.decode((folder.path / "metrics.json").read_bytes())
    del document["data"]["normalisation"]
    (folder.path / "metrics.json").write_bytes(msgspec.json.encode(document))
    assert folder.metrics().data.normalisation == CIFAR10.normalisation


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
            begun(folder, other, "small", lambda: metrics.environment)


def test_a_run_goes_on_only_with_the_backend_that_it_began_with(tmp_path: Path) -> None:
    one = small_setting()
    folder, metrics = begin(tmp_path / "run", one)
    elsewhere = replace(metrics.environment, backend="jax")
    with pytest.raises(RunError, match="was begun with tensorflow, not jax: go on with KERAS_BACKEND=tensorflow"):
        begun(folder, one, "small", lambda: elsewhere)
    folder.save_metrics(replace(metrics, epochs_done=4))
    assert begun(folder, one, "small", lambda: elsewhere).complete


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("7,0.1,1,0.5,,,1", "not numbered 1, 2, 3"),
        ("1,0.1,1,99,,,1", "<= 1.0"),
        ("1,0.1,1,nan,,,1", "accuracy"),
        ("1,0.1,1,0.5,1,-1,1", ">= 0.0"),
    ],
)
def test_a_history_that_cannot_be_is_not_read(tmp_path: Path, line: str, sentence: str) -> None:
    folder, _ = begin(tmp_path / "run", small_setting())
    folder.save_history(EPOCHS)
    path = folder.path / "history.csv"
    path.write_text(f"{path.read_text().splitlines()[0]}\n{line}\n")
    with pytest.raises(RunError, match=f"history.csv is damaged .*{sentence}"):
        folder.history()


def test_no_damage_to_an_archive_is_a_traceback(tmp_path: Path) -> None:
    """Bytes of the table of contents: zipfile takes a strange one for a feature that it lacks."""
    folder, _ = begin(tmp_path / "run", small_setting())
    folder.save_arrays("last", {"conv/kernel": np.arange(3.0)})
    path = folder.path / "last.npz"
    whole = path.read_bytes()
    contents = whole.rindex(b"PK\x01\x02")
    for place in range(contents, len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 0x63
        path.write_bytes(damaged)
        with contextlib.suppress(RunError):
            folder.arrays("last")
    np.save(path.with_suffix(".npy"), np.zeros(3))
    path.with_suffix(".npy").replace(path)
    with pytest.raises(RunError, match=r"last\.npz is damaged"):
        folder.arrays("last")


@pytest.mark.parametrize("last_written", ["graph.json", "recipe.json"])
def test_what_ended_while_it_was_created_can_begin_again(
    tmp_path: Path, last_written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []

    def until_full(data: bytes, path: Path) -> None:
        if last_written in written:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written.append(path.name)
        path.write_bytes(data)

    (tmp_path / "run").mkdir()
    with monkeypatch.context() as patch, pytest.raises(RunError, match="make room, and the same command goes on"):
        patch.setattr(run_folder, "write_whole", until_full)
        begin(tmp_path / "run", small_setting())
    (tmp_path / "run" / ".1234.tmp").write_bytes(b"half of it")
    folder, metrics = begin(tmp_path / "run", small_setting())
    assert folder.metrics() == metrics


def test_one_process_at_a_time_works_in_a_folder_and_clears_what_a_killed_one_left(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".1234.tmp").write_bytes(b"half of it")
    folder = RunFolder(tmp_path / "run")
    with folder.alone():
        assert not list(folder.path.iterdir())
        with pytest.raises(RunError, match=r"another pibench works in .*: wait until it is done"), folder.alone():
            pass
    with folder.alone():
        pass


def test_a_place_that_no_folder_can_have_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    folder = RunFolder(tmp_path / "file" / "run")
    with (
        pytest.raises(RunError, match=r"cannot write .*file/run: .*; a run needs a folder that can be written to"),
        folder.alone(),
    ):
        pass


def test_a_network_of_another_run_is_noticed(tmp_path: Path) -> None:
    folder, _ = begin(tmp_path / "run", small_setting())
    (folder.path / "graph.json").write_bytes(small_network(dropout=0.3).to_json())
    with pytest.raises(RunError, match=r"graph\.json is not the network of metrics\.json beside it"):
        folder.graph()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"epochs_done": 9}, "9 of 4 epochs are done"),
        ({"epochs_done": 2, "kept_epoch": 3}, "2 of 4 epochs are done, and number 3 is kept"),
        ({"epochs_done": 2, "test": Accuracy(correct=1, images=40)}, "it was evaluated after 2 of 4 epochs"),
        ({"epochs_done": 4, "test": Accuracy(correct=41, images=40)}, "41 of 40 images are told right"),
        ({"epochs_done": 4, "test": Accuracy(correct=41, images=50)}, "41 of 50 images .* there are 40"),
    ],
)
def test_edited_metrics_that_contradict_themselves_are_refused(
    tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    folder, metrics = begin(tmp_path / "run", small_setting())
    folder.save_metrics(replace(metrics, **changes))
    with pytest.raises(RunError, match=f"is a damaged metrics file, or was edited: {sentence}"):
        folder.metrics()


def test_only_finished_runs_are_evaluated(tmp_path: Path) -> None:
    folder, metrics = begin(tmp_path / "run", small_setting())
    with pytest.raises(RunError, match="is at epoch 0 of 4: finish its pibench train first"):
        check_evaluable(folder, small_images())
    folder.save_metrics(replace(metrics, epochs_done=4))
    check_evaluable(folder, small_images())
    with pytest.raises(RunError, match="was trained on other images"):
        check_evaluable(folder, generated(CLASSES, train_each=50, test_each=10, size=8, seed=1))


@pytest.mark.parametrize("saved", [None, 1])
def test_weights_of_the_best_epoch_that_a_kill_kept_from_being_saved_come_from_the_last_ones(
    tmp_path: Path, saved: int | None
) -> None:
    folder = RunFolder(tmp_path)
    if saved:
        folder.save_arrays("best", {"conv/kernel": np.zeros(3), ":epoch": np.int64(saved)})
    state = {"conv/kernel": np.arange(3.0), ":optimizer:0": np.int64(7), ":epoch": np.int64(2)}
    save_best(folder, EPOCHS, state)
    assert set(folder.arrays("best")) == {"conv/kernel", ":epoch"}
    assert folder.arrays("best")["conv/kernel"][2] == 2
    worse = replace(EPOCHS[1], epoch=3, validation_accuracy=0.1)
    save_best(folder, [*EPOCHS, worse], {"conv/kernel": np.ones(3)})
    assert folder.arrays("best")[":epoch"] == 2


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
