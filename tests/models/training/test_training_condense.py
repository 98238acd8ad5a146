from __future__ import annotations

import itertools
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("keras")

import keras
from trainings import learning_groups, small_setting, trained, trained_and_killed

from pibench.errors import RunError
from pibench.models.condensing import groups_are_learned
from pibench.models.training.condense import Condense
from pibench.models.training.deployed import deployed
from pibench.models.training.run_folder import RunFolder
from pibench.models.training.trainer import Trainer

CONV = "stage1.layer1.learned.conv/kernel"
GROUPS, INPUTS = 4, 16
# Of 4 epochs with 10 steps each, from 0: before which steps inputs are dropped.
MOMENTS = (7, 14, 20)


class Recorder(keras.callbacks.Callback):  # type: ignore[misc]
    """The first learned kernel, as a step finds it and as it leaves it."""

    def __init__(self, trainer: Trainer) -> None:
        super().__init__()
        self._trainer = trainer
        self.before: list[npt.NDArray[Any]] = []
        self.after: list[npt.NDArray[Any]] = []

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self.before.append(self._kernel())

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.after.append(self._kernel())

    def _kernel(self) -> npt.NDArray[Any]:
        _ = self.model  # see Condense
        return np.array(self._trainer.weights()[CONV])[0, 0]


def inputs_of_groups(kernel: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Whether (input, group) has any weight."""
    return np.stack([(kernel[:, group::GROUPS] != 0).any(axis=1) for group in range(GROUPS)], axis=1)


@pytest.fixture(scope="module")
def recorded() -> Recorder:
    trainer = Trainer(learning_groups())
    recorder = Recorder(trainer)
    trainer.fit(0, [recorder])
    return recorder


@pytest.fixture(scope="module")
def killed_and_whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A run's folder as it was after the first epoch, and as it was in the end."""
    return trained_and_killed(tmp_path_factory, learning_groups(), epochs=1)


def test_each_group_drops_a_share_of_its_inputs_at_each_moment_and_never_gets_them_back(recorded: Recorder) -> None:
    kept = [inputs_of_groups(kernel) for kernel in recorded.after]
    for step, now in enumerate(kept):
        share = sum(step >= moment for moment in MOMENTS)
        assert now.sum(axis=0).tolist() == [INPUTS - share * INPUTS // 4] * GROUPS, step
    for before, after in itertools.pairwise(kept):
        assert not (after & ~before).any()


def test_those_with_the_smallest_weights_are_dropped(recorded: Recorder) -> None:
    kernel, kept = recorded.after[MOMENTS[0] - 1], inputs_of_groups(recorded.before[MOMENTS[0]])
    for group in range(GROUPS):
        worth = np.abs(kernel[:, group::GROUPS]).sum(axis=1)
        assert worth[kept[:, group]].min() > worth[~kept[:, group]].max()
    assert np.array_equal(recorded.before[MOMENTS[0]], kernel * np.tile(kept, (1, kernel.shape[1] // GROUPS)))


def test_what_is_kept_goes_on_learning(recorded: Recorder) -> None:
    last, earlier = recorded.after[-1], recorded.after[MOMENTS[-1]]
    assert (last[earlier != 0] != earlier[earlier != 0]).all()


def test_a_run_that_was_killed_keeps_its_masks_and_comes_to_the_same_weights(
    killed_and_whole: tuple[Path, Path], tmp_path: Path
) -> None:
    shutil.copytree(killed_and_whole[0], tmp_path / "run")
    killed = RunFolder(tmp_path / "run").weights("last")[CONV][0, 0]
    assert inputs_of_groups(killed).sum(axis=0).tolist() == [12] * GROUPS
    one, other = (
        trained(tmp_path / "run", learning_groups())[0].arrays("last"),
        RunFolder(killed_and_whole[1]).arrays("last"),
    )
    assert one.keys() == other.keys()
    for key in one:
        np.testing.assert_array_equal(one[key], other[key], err_msg=key)


def test_the_classifier_keeps_the_half_of_its_inputs_that_it_learned(killed_and_whole: tuple[Path, Path]) -> None:
    killed, whole = (RunFolder(path).weights("last")["head.logits/kernel"] for path in killed_and_whole)
    assert killed.all()
    assert np.count_nonzero(whole.any(axis=1)) == len(whole) // 2
    assert np.count_nonzero(whole) == whole.size // 2


def test_the_condensed_network_computes_what_the_trained_one_does(killed_and_whole: tuple[Path, Path]) -> None:
    from pibench.models.conversion import load_weights, to_keras

    folder = RunFolder(killed_and_whole[1])
    images, found = np.random.default_rng(0).standard_normal((4, 8, 8, 3)), []
    for graph, weights in (deployed(folder), (folder.graph(), folder.weights("last"))):
        model = to_keras(graph)
        load_weights(model, graph, weights)
        found.append(model.predict(images, verbose=0))
    np.testing.assert_allclose(found[0], found[1], rtol=1e-4, atol=1e-4 * np.abs(found[1]).max())
    assert np.ptp(found[1]) > 0.1


def test_a_run_whose_groups_are_not_learned_yet_deploys_nothing(killed_and_whole: tuple[Path, Path]) -> None:
    killed, whole = map(RunFolder, killed_and_whole)
    converted = whole.converted()
    assert converted is not None
    assert groups_are_learned(converted, whole.weights("last"))
    with pytest.raises(RunError, match="has not learned its groups yet: 1 of 4 epochs are done, finish its pibench"):
        deployed(killed)


def test_networks_without_learned_groups_are_left_alone() -> None:
    one = small_setting()
    model, optimizer = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]), keras.optimizers.SGD()
    before = len(optimizer.variables)
    Condense(one, model, optimizer)
    assert len(optimizer.variables) == before
    assert model.layers[0].kernel.constraint is None
