from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace
from trainings import LEARNING_GROUPS, RECIPE, learning_groups, small_images, small_network, small_setting

from pibench.errors import DataError, TrainingError
from pibench.graph import Graph, GraphBuilder, quantised
from pibench.models.data import Normalisation
from pibench.models.data.generated import generated
from pibench.models.training.setting import batches, setting


def network(size: int = 8, *, softmax: bool = False, dense: bool = True) -> Graph:
    net = GraphBuilder("odd")
    x = net.input((1, size, size, 3))
    x = net.dense(net.global_average_pool(x), 4) if dense else net.conv(x, 4, 1)
    return net.build(net.softmax(x) if softmax else x)


@pytest.mark.parametrize(
    ("graph", "sentence"),
    [
        (network(16), "takes images of 16×16×3, those of generated are 8×8×3: .* with input_size=8"),
        (small_network(classes=5), "has 5 classes, generated has 4: build it with classes=4"),
        (network(dense=False), "is no classifier"),
        (network(softmax=True), "ends in a softmax"),
        (quantised(network()), "is quantised: train the float32 network"),
    ],
)
def test_networks_that_cannot_learn_from_these_images_are_one_sentence(graph: Graph, sentence: str) -> None:
    with pytest.raises(TrainingError, match=sentence):
        setting(graph, RECIPE, small_images(), seed=0)


def test_a_limit_is_shared_between_learning_and_validation() -> None:
    one = setting(small_network(), RECIPE, small_images(), seed=0, limit=100)
    assert (len(one.train), len(one.validation)) == (80, 20)
    assert np.bincount(one.train.labels).tolist() == [20] * 4


@pytest.mark.parametrize(("validation", "least"), [(0.2, 18), (0.0, 4), (0.5, 8), (0.9, 36)])
def test_too_low_a_limit_is_told_with_the_least_that_works(validation: float, least: int) -> None:
    recipe = replace(RECIPE, validation=validation)
    purpose = "validate on" if 0 < validation <= 0.5 else "learn from"
    sentence = f"--limit {least - 1} leaves some of the 4 classes without an image to {purpose}: give {least} at least"
    with pytest.raises(DataError, match=sentence):
        setting(small_network(), recipe, small_images(), seed=0, limit=least - 1)
    assert setting(small_network(), recipe, small_images(), seed=0, limit=least)


def test_no_limit_is_asked_for_that_there_are_no_images_for() -> None:
    with pytest.raises(DataError, match=r"0 of 100 images are too few .* raise --validation"):
        setting(small_network(), replace(RECIPE, validation=0.001), small_images(), seed=0, limit=100)


def test_each_data_set_has_its_own_normalisation() -> None:
    dark = Normalisation(mean=(0.0,) * 3, deviation=(1.0,) * 3)
    images = small_images()._replace(normalisation=dark)
    assert setting(small_network(), RECIPE, images, seed=0).data.normalisation == dark


def test_a_setting_tells_its_images_without_holding_the_data_set() -> None:
    images = small_images()
    one = setting(small_network(), RECIPE, images, seed=0)
    assert (one.data.train, one.data.validation, one.data.test) == (160, 40, 40)
    assert (one.data.name, one.data.digest) == (images.origin.name, images.origin.digest)
    held = [one.train.pixels, one.validation.pixels]
    assert not any(np.shares_memory(mine, part.pixels) for mine in held for part in (images.train, images.test))


def test_seeds_share_their_images() -> None:
    one, other = small_setting(0), small_setting(1)
    assert np.array_equal(one.validation.pixels, other.validation.pixels)


def test_an_epoch_has_every_image_once_and_the_rest_in_its_last_batch() -> None:
    images = generated(4, train_each=10, size=8).train
    found = list(batches(images, RECIPE.augmentation, 16, seed=0, epoch=0))
    assert [len(labels) for _, labels in found] == [16, 16, 8]
    shown = np.concatenate([inputs["pixels"] for inputs, _ in found])
    assert sorted(map(bytes, shown)) == sorted(map(bytes, images.pixels))
    again = next(batches(images, RECIPE.augmentation, 16, seed=0, epoch=0))
    assert np.array_equal(again[0]["views"], found[0][0]["views"])


def test_a_network_that_learns_groups_needs_a_step_between_two_moments() -> None:
    assert learning_groups(batch=160, epochs=6).all_steps == 6
    with pytest.raises(TrainingError, match=r"learns its groups in 6 steps or more, these are 5: give more --epochs"):
        learning_groups(batch=160, epochs=5)
    # The classifier drops half of its inputs all the same.
    assert learning_groups(LEARNING_GROUPS + ",condensation=1", batch=160, epochs=2).all_steps == 2
    with pytest.raises(TrainingError, match="learns its groups in 2 steps or more, these are 1"):
        learning_groups(LEARNING_GROUPS + ",condensation=1", batch=160, epochs=1)


def test_the_best_epoch_is_not_kept_where_groups_may_not_be_learned_yet() -> None:
    with pytest.raises(TrainingError, match='the best epoch may come before: use a recipe with keep = "last"'):
        learning_groups(keep="best")
