"""A network behind its preprocessing: from images of 0 to 255 to logits."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from pibench.models.data import Images, Normalisation
from pibench.models.data.preprocessing import Preprocessing
from pibench.models.data.views import Views

EVALUATION_BATCH = 500

Inputs = dict[str, npt.NDArray[Any]]


def with_preprocessing(network: keras.Model, views: Views, normalisation: Normalisation) -> keras.Model:
    """The same network, in a model that takes pixels and the numbers of the views that are to be seen."""
    pixels = keras.Input(network.input_shape[1:], dtype="uint8", name="pixels")
    numbers = keras.Input((), dtype="int32", name="views")
    seen = Preprocessing(views, normalisation)(pixels, numbers)
    return keras.Model({"pixels": pixels, "views": numbers}, network(seen))


def as_they_are(images: Images, views: Views) -> Inputs:
    """Inputs that show each image unchanged."""
    return {"pixels": images.pixels, "views": np.full(len(images), views.neutral, np.int32)}


def logits_of(
    network: keras.Model, images: Images, views: Views, normalisation: Normalisation
) -> npt.NDArray[np.float32]:
    """What the network says of images, unchanged."""
    model = with_preprocessing(network, views, normalisation)
    return np.asarray(model.predict(as_they_are(images, views), batch_size=EVALUATION_BATCH, verbose=0))
