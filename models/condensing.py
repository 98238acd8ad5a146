"""A trained CondenseNet → the form that is deployed: what each group learned becomes indices and grouped kernels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from pibench.errors import GraphError
from pibench.graph import Graph
from pibench.graph.ops import Conv

from .architectures.condensenet import with_indices
from .learned_groups import LearnedGroups, learned_groups, strengths, strongest

Array = npt.NDArray[np.float32]
BATCH_NORM = ("gamma", "beta", "mean", "variance")


def condensed(converted: Graph, trained: Mapping[str, Array]) -> tuple[Graph, dict[str, Array]]:
    """The converted form with the indices that were learned, and its weights by ``node/weight``.

    ``converted``: the network of the same parameters with ``form="converted"``; ``trained``: the
    weights of the one with ``form="training"``. Of its inputs each group keeps those with the
    largest absolute weights in sum, and the classifier half of its own. After training the others
    are zeros, and both forms compute the same; before it, this prunes.
    Raises GraphError for weights that are missing or of another shape.
    """
    return _Condensing(converted, trained).result()


def groups_are_learned(converted: Graph, trained: Mapping[str, Array]) -> bool:
    """Whether no group reads more inputs than it keeps: ``condensed`` prunes none then. Raises as that does."""
    return _Condensing(converted, trained).groups_are_learned()


class _Condensing:
    def __init__(self, converted: Graph, trained: Mapping[str, Array]) -> None:
        self._graph = converted
        self._weights = dict(trained)
        self._ops: dict[str, Any] = {node.name: node.op for node in converted.nodes}
        self._layers = learned_groups(converted)
        self._indices: dict[str, list[int]] = {}

    def groups_are_learned(self) -> bool:
        return all(
            np.count_nonzero(strengths(_matrix(self._kernel(layer)), layer.groups), axis=0).max() <= layer.kept
            for layer in self._layers
        )

    def result(self) -> tuple[Graph, dict[str, Array]]:
        for layer in self._layers:
            self._condense(layer)
        graph = with_indices(self._graph, self._indices)
        for node in graph.nodes:
            for spec in graph.weights(node):
                self._check_shape(f"{node.name}/{spec.name}", spec.shape)
        return graph, self._weights

    def _condense(self, layer: LearnedGroups) -> None:
        """The inputs that are kept and the outputs, both group by group."""
        kernel = self._kernel(layer)
        matrix = _matrix(kernel)
        order = np.arange(matrix.shape[1]).reshape(-1, layer.groups).T
        kept = strongest(matrix, layer.groups, layer.kept)
        parts = [matrix[np.ix_(inputs, own)] for inputs, own in zip(kept, order, strict=True)]
        self._weights[f"{layer.node}/kernel"] = np.concatenate(parts, axis=1).reshape(
            *kernel.shape[:-2], layer.kept, -1
        )
        self._indices[layer.gather] = kept.ravel().tolist()
        if isinstance(self._ops[layer.node], Conv):
            place = layer.node.removesuffix(".conv")
            self._rearrange(f"{place}.bn", layer.inputs, kept.ravel())
            self._rearrange(f"{place.removesuffix('learned')}grow.bn", order.size, order.ravel())

    def _kernel(self, layer: LearnedGroups) -> Array:
        op = self._ops[layer.node]
        shape = (1, 1, layer.inputs, op.filters) if isinstance(op, Conv) else (layer.inputs, op.units)
        return self._check_shape(f"{layer.node}/kernel", shape)

    def _rearrange(self, batch_norm: str, channels: int, order: npt.NDArray[np.intp]) -> None:
        for name in BATCH_NORM:
            key = f"{batch_norm}/{name}"
            self._weights[key] = self._check_shape(key, (channels,))[order]

    def _check_shape(self, key: str, shape: tuple[int, ...]) -> Array:
        """The weight of that name."""
        if key not in self._weights:
            raise GraphError(f"the trained weights lack {key}")
        values = self._weights[key]
        if values.shape != shape:
            raise GraphError(f"the trained weights have {key} of shape {values.shape}, not {shape}")
        return values


def _matrix(kernel: Array) -> Array:
    """(inputs, outputs), of a 1×1 convolution or a dense layer."""
    return kernel.reshape(kernel.shape[-2:])
