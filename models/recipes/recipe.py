"""What a recipe says."""

from __future__ import annotations

from typing import Annotated, Literal, Union

import msgspec
from msgspec import Meta

Epochs = Annotated[int, Meta(ge=1, le=100_000)]
Batch = Annotated[int, Meta(ge=1, le=65_536)]
Rate = Annotated[float, Meta(gt=0, le=100)]
Share = Annotated[float, Meta(ge=0, lt=1)]
Part = Annotated[float, Meta(ge=0, le=1)]

# "bias": of a dense or convolutional layer. "batch_norm": scale and offset.
WeightKind = Literal["conv", "depthwise", "dense", "bias", "batch_norm"]


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of a recipe's parts: strict about what is in a file."""


class Cosine(Strict, frozen=True, kw_only=True, tag="cosine", tag_field="kind"):
    """Half a cosine from ``peak`` to almost 0, one rate for each epoch (Loshchilov & Hutter 2017, no restart)."""

    peak: Rate


class Steps(Strict, frozen=True, kw_only=True, tag="steps", tag_field="kind"):
    """``peak``, times ``factor`` after each of these parts of the epochs."""

    peak: Rate
    factor: Rate
    after: tuple[Part, ...]


class Triangle(Strict, frozen=True, kw_only=True, tag="triangle", tag_field="kind"):
    """Up and down in straight lines, step by step: ``begin`` and ``end`` are parts of ``peak``.

    ``rise``: the part of all steps on the way up.
    """

    peak: Rate
    begin: Part = 0.2
    rise: Part = 0.25
    end: Part = 0.0


Schedule = Union[Cosine, Steps, Triangle]  # noqa: UP007  (msgspec reads it on Python 3.10 to 3.13 alike)


class Decay(Strict, frozen=True, kw_only=True):
    """What pulls weights to zero, and which ones.

    ``penalty``: the loss grows by ``rate`` times the sum of the squares, as Keras' l2 does; what
    PyTorch calls a weight decay of d is a rate of d / 2. ``decoupled``: every step takes off
    ``rate`` times the learning rate of each weight (Loshchilov & Hutter 2019).
    ``exempt``: nodes that are spared all the same, as ``network/node`` with ``*`` for any text.
    """

    kind: Literal["penalty", "decoupled"]
    rate: Rate
    on: tuple[WeightKind, ...]
    exempt: tuple[str, ...] = ()


class Augmentation(Strict, frozen=True, kw_only=True):
    """Training images are padded by what mirrors them at the edge, cut out at random, and mirrored.

    ``offsets``: how many positions a cut may have along each axis, from 0 on. ``alternating``: each image in
    every other epoch, as Jordan (airbench, arXiv 2404.00498) does.
    """

    padding: Annotated[int, Meta(ge=0, le=16)] = 4
    offsets: Annotated[int, Meta(ge=1, le=33)] = 9
    mirror: Literal["never", "random", "alternating"] = "random"

    def __post_init__(self) -> None:
        if not self.padding < self.offsets <= 2 * self.padding + 1:
            raise ValueError(
                f"a padding of {self.padding} has from {self.padding + 1} to {2 * self.padding + 1} offsets,"
                f" not {self.offsets}"
            )


class Recipe(Strict, frozen=True, kw_only=True):
    """All that decides how a network is trained, but for the images and the seed.

    The optimiser is SGD with momentum. ``batch_norm_momentum``: of the running statistics, as Keras counts it; without
    it, what the network says. ``validation``: the share of the training images that is
    held out. ``keep``: which epoch's weights the run is about, the last one's or those of the best validation accuracy.
    """

    description: str = ""
    epochs: Epochs
    batch: Batch = 128
    schedule: Schedule
    momentum: Share = 0.9
    nesterov: bool = True
    decay: Decay | None = None
    label_smoothing: Share = 0.0
    batch_norm_momentum: Share | None = None
    augmentation: Augmentation = Augmentation()
    validation: Share = 0.1
    keep: Literal["last", "best"] = "last"

    def __post_init__(self) -> None:
        if self.keep == "best" and not self.validation:
            raise ValueError("the best epoch is found on validation images: give validation a share, or keep the last")
