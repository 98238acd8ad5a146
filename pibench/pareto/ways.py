"""Ways in which networks were trained, and what of them differs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from pibench.models.training.deployed import deployed_graph
from pibench.pareto.differing import Named, differing, told_apart

if TYPE_CHECKING:
    from pibench.models.training.metrics import Metrics
    from pibench.models.training.run_folder import RunFolder


class Way(NamedTuple):
    """What an error depends on but for chance: runs of one way differ by their seeds.

    ``network``, ``recipe``, ``images``: digests of the network as it learns and as it is deployed, of what else the
    recipe says, and of all pixels and labels. ``train`` images were learnt, ``validation`` ones held out.
    """

    network: str
    recipe: str
    epochs: int
    train: int
    validation: int
    images: str


class Described(NamedTuple):
    """A way as people read it. ``training``: of recipe, epochs and images what is not the same in all ways."""

    network: str
    recipe: str
    training: str


def way_of(folder: RunFolder, metrics: Metrics) -> Way:
    """Raises RunError."""
    # Numbers of epochs and images stand for themselves.
    recipe = replace(folder.recipe(), epochs=1, validation=0.1, description="")
    return Way(
        network=folder.graph().renamed("").digest + deployed_graph(folder).renamed("").digest,
        recipe=hashlib.sha256(repr(recipe).encode()).hexdigest(),
        epochs=metrics.epochs,
        train=metrics.data.train,
        validation=metrics.data.validation,
        images=metrics.data.digest,
    )


def described(ways: Mapping[Way, Metrics]) -> list[Described]:
    """Each way, of a run's metrics, among all of them: no two have both network and training in common."""
    networks = told_apart([Named(metrics.network, way.network) for way, metrics in ways.items()])
    recipes = told_apart([Named(metrics.recipe, way.recipe) for way, metrics in ways.items()])
    images = told_apart([Named(f"{metrics.data.images} images", way.images) for way, metrics in ways.items()])
    facts = [
        {
            "recipe": recipe,
            "epochs": f"{way.epochs} epochs",
            "images": f"{way.train:,} of {way.train + way.validation:,} images",
            "data": kind,
        }
        for way, recipe, kind in zip(ways, recipes, images, strict=True)
    ]
    names = differing(facts)
    return [
        Described(network, recipe, ", ".join(fact[name] for name in names))
        for network, recipe, fact in zip(networks, recipes, facts, strict=True)
    ]
