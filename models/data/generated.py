"""Images made here: enough for a small net to learn, so that training can be tried without a data set."""

from __future__ import annotations

import numpy as np

from .images import Dataset, Images, Normalisation, Origin, digest_of

NOISE = 40.0
# However many there are, of whatever size.
NORMALISATION = Normalisation(mean=(127.0,) * 3, deviation=(58.7,) * 3)


def generated(classes: int = 10, train_each: int = 100, test_each: int = 20, size: int = 32, seed: int = 0) -> Dataset:
    """Gratings under noise: a class is a direction and a hue. As many images of each class."""
    rng = np.random.default_rng(seed)
    train, test = (_drawn(rng, classes, each, size) for each in (train_each, test_each))
    origin = Origin(name="generated", images="generated", digest=digest_of(train, test))
    return Dataset(origin, classes, NORMALISATION, train, test)


def _drawn(rng: np.random.Generator, classes: int, each: int, size: int) -> Images:
    labels = rng.permutation(np.repeat(np.arange(classes, dtype=np.int32), each))
    share = labels[:, None, None] / classes
    y, x = np.mgrid[:size, :size] * (2 * np.pi / 8)
    # Half a turn, so that no class is another one's mirror image by more than its hue.
    phase = rng.uniform(0, 2 * np.pi, (len(labels), 1, 1))
    wave = np.cos(x * np.cos(np.pi * share) + y * np.sin(np.pi * share) + phase)
    hue = np.cos(2 * np.pi * (share[..., None] + np.arange(3) / 3))
    pixels = 128 + 50 * wave[..., None] * (1 + hue) + 20 * hue
    pixels += rng.normal(0, NOISE, pixels.shape)
    return Images(pixels.clip(0, 255).astype(np.uint8), labels)
