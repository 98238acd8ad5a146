from __future__ import annotations

import numpy as np
import pytest

from pibench.errors import DataError
from pibench.models.data import Images, split, subset
from pibench.models.data.split import fewest


def images(*each: int) -> Images:
    labels = np.repeat(np.arange(len(each), dtype=np.int32), each)
    return Images(np.arange(len(labels), dtype=np.uint8).reshape(-1, 1, 1, 1), labels)


def numbers(part: Images) -> set[int]:
    return set(part.pixels.ravel().tolist())


def test_the_parts_hold_every_image_once_and_each_class_with_its_share() -> None:
    train, validation = split(images(50, 50, 100), 0.1)
    assert numbers(train) | numbers(validation) == set(range(200))
    assert not numbers(train) & numbers(validation)
    assert np.bincount(validation.labels).tolist() == [5, 5, 10]


def test_a_split_depends_on_its_seed_alone() -> None:
    one, same, other = (split(images(50, 50), 0.2, seed)[1] for seed in (1, 1, 2))
    assert numbers(one) == numbers(same) != numbers(other)


def test_without_a_share_nothing_is_held_out() -> None:
    train, validation = split(images(5, 5), 0)
    assert (len(train), len(validation)) == (10, 0)


@pytest.mark.parametrize("count", [3, 7, 50, 100, 101])
def test_a_subset_has_the_size_asked_for_and_classes_that_differ_by_one_at_the_most(count: int) -> None:
    counts = np.bincount(subset(images(40, 40, 40), count).labels)
    assert counts.sum() == count
    assert np.ptp(counts) <= 1


def test_too_many_and_too_few_are_one_sentence() -> None:
    with pytest.raises(DataError, match="there are 10 images"):
        subset(images(5, 5), 11)
    with pytest.raises(DataError, match="1 of 10 images are too few for one of each of 2 classes: raise --limit"):
        subset(images(5, 5), 1)
    with pytest.raises(DataError, match="1 of 10 images are too few for one of each of 2 classes: raise --validation"):
        split(images(5, 5), 0.1)
    with pytest.raises(DataError, match="0 of 10 images are too few to learn 2 classes from: lower --validation"):
        split(images(5, 5), 0.99)


@pytest.mark.parametrize("classes", [2, 3, 5, 10])
@pytest.mark.parametrize("share", [0.0, 0.05, 0.1, 0.25, 0.3, 0.9])
def test_the_fewest_images_can_be_chosen_and_divided_and_one_less_cannot(classes: int, share: float) -> None:
    one, least = images(*[250] * classes), fewest(classes, share)
    for part in split(subset(one, least), share):
        assert not len(part) or len(set(part.labels)) == classes
    with pytest.raises(DataError):
        split(subset(one, least - 1), share)
