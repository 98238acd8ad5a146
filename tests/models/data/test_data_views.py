from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from pibench.models.data.views import Views, drawn, views_of
from pibench.models.recipes import Augmentation, load_recipe

SIZE = 8


def seen(image: npt.NDArray[np.uint8], views: Views, number: int) -> npt.NDArray[np.uint8]:
    rows, columns = views.source(np.array([[number]]), SIZE, np.arange(SIZE))
    return image[rows[0]][:, columns[0]]


def by_padding(image: npt.NDArray[np.uint8], views: Views, number: int) -> npt.NDArray[np.uint8]:
    row, column, mirrored = (
        number % views.offsets,
        number // views.offsets % views.offsets,
        number // views.offsets**2,
    )
    padded = np.pad(image, views.padding, mode="reflect")
    cut = padded[row : row + SIZE, column : column + SIZE]
    return cut[:, ::-1] if mirrored else cut


@pytest.mark.parametrize("views", [Views(4, 8), Views(4, 9), Views(2, 5), Views(0, 1)], ids=str)
def test_each_number_is_padding_cutting_out_and_mirroring(views: Views) -> None:
    image = np.random.default_rng(0).integers(0, 256, (SIZE, SIZE), np.uint8)
    for number in range(2 * views.offsets**2):
        assert np.array_equal(seen(image, views, number), by_padding(image, views, number))
    assert np.array_equal(seen(image, views, views.neutral), image)


def test_the_thesis_has_128_views_of_an_image() -> None:
    augmentation = load_recipe("thesis").augmentation
    _, numbers = drawn(augmentation, 20_000, 0, 0)
    assert set(numbers.tolist()) == set(range(128))
    assert views_of(augmentation).neutral == 4 + 8 * 4


def test_an_epoch_depends_on_seed_and_number_and_shows_every_image_once() -> None:
    augmentation = Augmentation()
    (order, views), again, next_epoch, other = (
        drawn(augmentation, 100, seed, epoch) for seed, epoch in ((1, 3), (1, 3), (1, 4), (2, 3))
    )
    assert sorted(order) == list(range(100))
    assert np.array_equal(order, again[0])
    assert np.array_equal(views, again[1])
    assert not np.array_equal(order, next_epoch[0])
    assert not np.array_equal(order, other[0])


def test_alternating_mirrors_each_image_every_other_time() -> None:
    augmentation = Augmentation(padding=0, offsets=1, mirror="alternating")
    shown = []
    for epoch in range(4):
        order, views = drawn(augmentation, 50, 0, epoch)
        mirrored = np.empty(50, int)
        mirrored[order] = views
        shown.append(mirrored)
    assert np.array_equal(shown[0], 1 - shown[1])
    assert np.array_equal(shown[0], shown[2])
    assert 0 < shown[0].mean() < 1


def test_images_without_augmentation_are_never_changed() -> None:
    _, views = drawn(Augmentation(padding=0, offsets=1, mirror="never"), 50, 0, 0)
    assert not views.any()
