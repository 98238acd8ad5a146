from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

pytest.importorskip("keras")

from trainings import CLASSES, begin, small_images, small_setting

from pibench.engine import RuntimeName
from pibench.errors import ConversionError, RunError
from pibench.models.data import Normalisation
from pibench.models.training import run_folder
from pibench.models.training.evaluate import evaluate
from pibench.models.training.fit import train
from pibench.models.training.run_folder import RunFolder
from pibench.report import Condition


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    one = small_setting()
    folder, metrics = begin(tmp_path_factory.mktemp("evaluated") / "run", one)
    train(folder, one, metrics, lambda *_: None)
    return folder


def test_keras_and_the_deployed_file_say_the_same(run: RunFolder, runtime: RuntimeName) -> None:
    metrics = evaluate(run, small_images(), Condition(runtime=runtime), 2, lambda *_: None)
    assert metrics == run.metrics()
    assert metrics.test is not None
    assert metrics.deployed is not None
    assert metrics.test.images == metrics.deployed.images == 10 * CLASSES
    assert metrics.test.share > 0.5
    assert metrics.deployed.correct == metrics.test.correct
    assert metrics.deployed.agreeing == 10 * CLASSES
    assert metrics.deployed.runtime.name == runtime


def test_both_see_the_images_as_the_network_saw_them_when_it_learnt(run: RunFolder, tmp_path: Path) -> None:
    """Not as the data set says today: black and white would do no good here."""
    dark = Normalisation(mean=(255.0,) * 3, deviation=(1.0,) * 3)
    now = evaluate(run, small_images()._replace(normalisation=dark), Condition(), 2, lambda *_: None)
    shutil.copytree(run.path, tmp_path / "run")
    other = RunFolder(tmp_path / "run")
    other.save_metrics(replace(now, data=replace(now.data, normalisation=dark)))
    then = evaluate(other, small_images(), Condition(), 2, lambda *_: None)
    for good, bad in ((now.test, then.test), (now.deployed, then.deployed)):
        assert good is not None
        assert bad is not None
        assert good.share > 0.5 > bad.share


def test_weights_that_were_cut_off_are_one_sentence(run: RunFolder, tmp_path: Path) -> None:
    folder, metrics = begin(tmp_path / "run", small_setting())
    folder.save_metrics(replace(metrics, epochs_done=4))
    folder.save_arrays("last", {"conv/kernel": np.zeros(3)})
    with pytest.raises(ConversionError, match=r"conv/kernel of shape \(3,\)"):
        evaluate(folder, small_images(), Condition(), 1, lambda *_: None)


def test_a_network_whose_outputs_are_no_numbers_has_no_accuracy(run: RunFolder, tmp_path: Path) -> None:
    shutil.copytree(run.path, tmp_path / "run")
    broken = RunFolder(tmp_path / "run")
    broken.save_arrays("last", {**broken.arrays("last"), "dense/bias": np.full(CLASSES, np.nan, np.float32)})
    with pytest.raises(RunError, match="outputs are no numbers"):
        evaluate(broken, small_images(), Condition(), 1, lambda *_: None)


def test_a_folder_that_cannot_be_written_to_is_told_first(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(data: bytes, path: Path) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(run_folder, "write_whole", read_only)
    told: list[object] = []
    with pytest.raises(RunError, match="Read-only file system; a run needs a folder that can be written to"):
        evaluate(run, small_images(), Condition(), 1, lambda *what: told.append(what))
    assert told == []
