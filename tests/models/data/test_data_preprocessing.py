from __future__ import annotations

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from pibench.models.data.generated import NORMALISATION, generated  # noqa: E402
from pibench.models.data.preprocessing import Preprocessing  # noqa: E402
from pibench.models.data.views import Views  # noqa: E402

VIEWS = Views(2, 5)
NUMBERS = np.arange(2 * VIEWS.offsets**2, dtype=np.int32)


def test_every_view_is_what_the_numbers_say() -> None:
    pixels = generated(2, train_each=len(NUMBERS), size=8).train.pixels[: len(NUMBERS)]
    rows, columns = VIEWS.source(NUMBERS[:, np.newaxis], 8, np.arange(8))
    wanted = np.stack([image[r][:, c] for image, r, c in zip(pixels, rows, columns, strict=True)])
    seen = keras.ops.convert_to_numpy(Preprocessing(VIEWS, NORMALISATION)(pixels, NUMBERS))
    np.testing.assert_allclose(seen, NORMALISATION.of(wanted.astype(np.float32)), rtol=1e-5, atol=1e-5)


def test_it_is_part_of_a_model_that_takes_any_number_of_images() -> None:
    pixels, numbers = keras.Input((8, 8, 3), dtype="uint8"), keras.Input((), dtype="int32")
    model = keras.Model([pixels, numbers], Preprocessing(VIEWS, NORMALISATION)(pixels, numbers))
    images = generated(2, train_each=4, size=8).train.pixels
    for count in (1, 3):
        shown = model.predict([images[:count], np.full(count, VIEWS.neutral, np.int32)], verbose=0)
        np.testing.assert_allclose(shown, NORMALISATION.of(images[:count].astype(np.float32)), rtol=1e-5, atol=1e-5)
