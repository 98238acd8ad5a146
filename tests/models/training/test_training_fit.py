from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

pytest.importorskip("keras")

from trainings import RECIPE, begin, small_setting, trained, trained_and_killed

from pibench.errors import RunError, TrainingError
from pibench.models.recipes.recipe import Cosine, Decay
from pibench.models.training import run_folder
from pibench.models.training.fit import train
from pibench.models.training.run_folder import RunFolder


def quietly(*_: object) -> None:
    pass


@pytest.fixture(scope="module")
def killed_and_whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A run's folder as it was after two epochs, and as it was in the end."""
    return trained_and_killed(tmp_path_factory, small_setting(), epochs=2)


def check_the_same(one: RunFolder, other: RunFolder) -> None:
    """Bit for bit: the README promises it for TensorFlow on a CPU, on which these tests run."""
    for name in ("last", "best"):
        mine, theirs = one.arrays(name), other.arrays(name)
        assert mine.keys() == theirs.keys()
        for key in mine:
            np.testing.assert_array_equal(mine[key], theirs[key], err_msg=key)
    for epoch, wanted in zip(one.history(), other.history(), strict=True):
        assert replace(epoch, seconds=wanted.seconds) == wanted


def test_a_small_net_learns(killed_and_whole: tuple[Path, Path]) -> None:
    metrics, history = RunFolder(killed_and_whole[1]).metrics(), RunFolder(killed_and_whole[1]).history()
    assert metrics.complete
    assert [epoch.epoch for epoch in history] == [1, 2, 3, 4]
    assert history[-1].loss < history[0].loss
    assert metrics.validation_accuracy is not None
    assert metrics.validation_accuracy > 0.6  # of four classes
    assert metrics.kept_epoch == 4


def test_a_run_that_was_killed_comes_to_the_same_result(killed_and_whole: tuple[Path, Path], tmp_path: Path) -> None:
    shutil.copytree(killed_and_whole[0], tmp_path / "run")
    assert RunFolder(tmp_path / "run").metrics().epochs_done == 2
    folder, metrics = trained(tmp_path / "run", small_setting())
    assert metrics.complete
    check_the_same(folder, RunFolder(killed_and_whole[1]))


def test_a_kill_between_two_files_costs_an_epoch_and_nothing_else(
    killed_and_whole: tuple[Path, Path], tmp_path: Path
) -> None:
    shutil.copytree(killed_and_whole[0], tmp_path / "run")
    shutil.copy(killed_and_whole[1] / "history.csv", tmp_path / "run")
    folder, _ = trained(tmp_path / "run", small_setting())
    check_the_same(folder, RunFolder(killed_and_whole[1]))


@pytest.mark.parametrize("lost", ["last.npz", "history.csv"])
def test_what_was_lost_of_a_run_is_told_and_not_trained_again(
    killed_and_whole: tuple[Path, Path], tmp_path: Path, lost: str
) -> None:
    shutil.copytree(killed_and_whole[0], tmp_path / "run")
    (tmp_path / "run" / lost).unlink()
    with pytest.raises(RunError, match=r"says that 2 epochs are done, and has .*: give -o another folder"):
        trained(tmp_path / "run", small_setting())


def test_a_complete_run_is_not_trained_again(killed_and_whole: tuple[Path, Path], tmp_path: Path) -> None:
    shutil.copytree(killed_and_whole[1], tmp_path / "run")
    before = (tmp_path / "run" / "last.npz").read_bytes()
    trained(tmp_path / "run", small_setting())
    assert (tmp_path / "run" / "last.npz").read_bytes() == before


def test_the_seed_decides(killed_and_whole: tuple[Path, Path], tmp_path: Path) -> None:
    folder, _ = trained(tmp_path / "run", small_setting(seed=1, epochs=1))
    assert folder.history()[0].loss != RunFolder(killed_and_whole[1]).history()[0].loss


def test_a_loss_without_bounds_stops_and_keeps_the_last_good_state(
    killed_and_whole: tuple[Path, Path], tmp_path: Path
) -> None:
    wild = Decay(kind="penalty", rate=100.0, on=("conv", "dense"))
    shutil.copytree(killed_and_whole[0], tmp_path / "run")
    one = small_setting(decay=wild, schedule=Cosine(peak=100.0))
    folder = RunFolder(tmp_path / "run")
    with pytest.raises(TrainingError, match="beyond all bounds in epoch 3; the state after epoch 2 is kept"):
        train(folder, one, folder.metrics(), quietly)
    assert all(np.isfinite(values).all() for values in folder.arrays("last").values())
    assert len(folder.history()) == 2


def test_a_full_disk_is_one_sentence_and_costs_nothing_that_was_saved(
    killed_and_whole: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(killed_and_whole[0], tmp_path / "run")

    def full(data: bytes, path: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch, pytest.raises(RunError, match="No space left on device; what was saved"):
        folder, metrics = begin(tmp_path / "run", small_setting())
        patch.setattr(run_folder, "write_whole", full)
        train(folder, small_setting(), metrics, quietly)
    _, metrics = trained(tmp_path / "run", small_setting())
    assert metrics.complete


def test_the_best_epoch_is_kept_where_the_recipe_says_so(tmp_path: Path) -> None:
    # It forgets again at the end.
    one = small_setting(keep="best", schedule=Cosine(peak=0.5))
    folder, metrics = trained(tmp_path / "run", one)
    history = folder.history()
    best = max(history, key=lambda epoch: epoch.validation_accuracy or 0)
    assert metrics.kept_epoch == best.epoch
    assert metrics.validation_accuracy == best.validation_accuracy


def test_without_validation_images_the_last_epoch_is_kept(tmp_path: Path) -> None:
    folder, metrics = trained(tmp_path / "run", small_setting(validation=0.0, epochs=1))
    assert metrics.validation_accuracy is None
    assert not folder.has("best")
    assert metrics.data.train == 200


def test_progress_is_told_in_steps_of_the_whole_run(tmp_path: Path) -> None:
    told: list[tuple[Any, ...]] = []
    one = small_setting(epochs=1)
    folder, metrics = begin(tmp_path / "run", one)
    train(folder, one, metrics, lambda *what: told.append(what))
    assert told
    assert told[0][2] == one.steps == -(-160 // RECIPE.batch)
    assert "epoch 1 of 1" in told[0][0]


@pytest.mark.parametrize("kind", ["penalty", "decoupled"])
def test_a_decay_pulls_only_the_kinds_that_it_names(tmp_path: Path, kind: Any) -> None:
    def weights(rate: float, folder: str) -> dict[str, Any]:
        # So few steps that what pulls shows before what is learnt.
        decay = Decay(kind=kind, rate=rate, on=("conv",))
        return trained(tmp_path / folder, small_setting(epochs=1, batch=160, decay=decay))[0].weights("last")

    weak, strong = weights(1e-9, "weak"), weights(1.0, "strong")
    changed = {key for key in weak if not np.allclose(weak[key], strong[key], rtol=1e-4, atol=1e-7)}
    assert changed == {"conv/kernel"}
