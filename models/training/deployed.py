"""What a run deploys: the network with the weights that it kept. No framework here."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pibench.errors import RunError
from pibench.graph import Graph
from pibench.models.condensing import condensed, groups_are_learned

from .run_folder import RunFolder


def deployed_graph(folder: RunFolder) -> Graph:
    """The network that is deployed; of one that learns its groups as it is before they are. Raises RunError."""
    converted = folder.converted()
    return folder.graph() if converted is None else converted


def deployed(folder: RunFolder) -> tuple[Graph, dict[str, npt.NDArray[np.float32]]]:
    """The network that is deployed, with what was learned, and its weights by ``node/weight``.

    Raises RunError, GraphError for weights of another network.
    """
    metrics = folder.metrics()
    weights, converted = folder.weights(metrics.keep), folder.converted()
    if converted is None:
        return folder.graph(), weights
    if not groups_are_learned(converted, weights):
        raise RunError(
            f"{folder.path} has not learned its groups yet: {metrics.epochs_done} of {metrics.epochs} epochs are done,"
            " finish its pibench train first"
        )
    return condensed(converted, weights)
