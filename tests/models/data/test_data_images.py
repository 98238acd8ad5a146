from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from cifar_files import SMALL10, SMALL100, write_folder

from pibench.models.data import Normalisation
from pibench.models.data.cifar import Layout, read_cifar
from pibench.models.data.generated import generated

# The layout, and what is known of its training images, channel by channel, on a scale of 0 to 1.
KNOWN = [
    (SMALL10, (0.491400, 0.482158, 0.446531), (0.247032, 0.243485, 0.261588)),
    (SMALL100, (0.507075, 0.486549, 0.440918), (0.267334, 0.256438, 0.276150)),
]


@pytest.mark.parametrize(("layout", "mean", "deviation"), KNOWN, ids=["10", "100"])
def test_each_data_set_comes_to_zero_mean_and_unit_variance(
    tmp_path: Path, layout: Layout, mean: tuple[float, ...], deviation: tuple[float, ...]
) -> None:
    write_folder(tmp_path, layout)
    normalisation = read_cifar(tmp_path, layout).normalisation
    centre, edge = 255 * np.array(mean), 255 * (np.array(mean) + deviation)
    np.testing.assert_allclose(normalisation.of(centre), 0, atol=0.001)
    np.testing.assert_allclose(normalisation.of(edge), 1, atol=0.002)


@pytest.mark.parametrize(("classes", "size"), [(10, 32), (100, 16), (4, 8)])
def test_so_are_generated_ones(classes: int, size: int) -> None:
    dataset = generated(classes, size=size)
    seen = dataset.normalisation.of(dataset.train.pixels.astype(np.float32))
    np.testing.assert_allclose(seen.mean((0, 1, 2)), 0, atol=0.01)
    np.testing.assert_allclose(seen.std((0, 1, 2)), 1, atol=0.01)


def test_a_normalisation_tells_what_to_do_with_an_images_colours() -> None:
    one = Normalisation(mean=(125.3, 123.0, 0.5), deviation=(63.0, 62.1, 2.0))
    assert str(one) == "red, green and blue of 0 to 255, less 125.3, 123, 0.5, divided by 63, 62.1, 2"
    assert one.of(np.array([125.3, 185.1, 4.5], np.float32)).round(5).tolist() == [0, 1, 2]
