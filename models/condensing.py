"""A trained CondenseNet → the form that is deployed: what each group learned becomes indices and grouped kernels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from pibench.errors import GraphError
from pibench.graph import Graph
from pibench.graph.ops import Conv, Gather

from .architectures.condensenet import with_indices

Array = npt.NDArray[np.float32]
BATCH_NORM = ("gamma", "beta", "mean", "variance")


def condensed(converted: Graph, trained: Mapping[str, Array]) -> tuple[Graph, dict[str, Array]]:
    """The converted form with the indices that were learned, and its weights by ``node/weight``.

    ``converted``: the network of the same parameters with ``form="converted"``; ``trained``: the
    weights of the one with ``form="training"``. Of its inputs each group keeps those with the
    largest absolute weights in sum. After training the others are zeros, and both forms compute
    the same (but for the classifier, which keeps half its inputs); before it, this prunes.
    Raises GraphError for weights that are missing or of another shape.
    """
    return _Condensing(converted, trained).result()


class _Condensing:
    def __init__(self, converted: Graph, trained: Mapping[str, Array]) -> None:
        self._graph = converted
        self._weights = dict(trained)
        self._ops: dict[str, Any] = {node.name: node.op for node in converted.nodes}
        self._indices: dict[str, list[int]] = {}

    def result(self) -> tuple[Graph, dict[str, Array]]:
        for node in self._graph.nodes:
            if isinstance(node.op, Gather):
                channels = self._graph.spec(node.inputs[0]).channels
                place = node.name.removesuffix(".index")
                if isinstance(self._ops.get(f"{place}.conv"), Conv):
                    self._condense_layer(place, channels)
                else:
                    self._condense_classifier(place, channels)
        return with_indices(self._graph, self._indices), self._weights

    def _condense_layer(self, place: str, channels: int) -> None:
        """A 1×1 convolution: the inputs that are kept and the outputs, both group by group."""
        conv = self._ops[f"{place}.conv"]
        order = np.arange(conv.filters).reshape(-1, conv.groups).T
        kernel = self._kernel(f"{place}.conv", (1, 1, channels, conv.filters))[0, 0]
        kept = [self._kept(kernel[:, own], f"{place}.index", conv.groups) for own in order]
        parts = [kernel[np.ix_(inputs, own)] for inputs, own in zip(kept, order, strict=True)]
        self._weights[f"{place}.conv/kernel"] = np.concatenate(parts, axis=1)[None, None]
        indices = np.concatenate(kept)
        self._indices[f"{place}.index"] = indices.tolist()
        self._rearrange(f"{place}.bn", indices)
        self._rearrange(f"{place.removesuffix('learned')}grow.bn", order.ravel())

    def _condense_classifier(self, place: str, channels: int) -> None:
        name = f"{place}.logits"
        kernel = self._kernel(name, (channels, self._ops[name].units))
        kept = self._kept(kernel, f"{place}.index", groups=1)
        self._weights[f"{name}/kernel"] = kernel[kept]
        self._indices[f"{place}.index"] = kept.tolist()

    def _kept(self, kernel: Array, gather: str, groups: int) -> npt.NDArray[np.intp]:
        """Of a group's inputs the strongest, as many as the gather has for it, in their order."""
        count = len(self._ops[gather].indices) // groups
        strengths = np.abs(kernel).sum(axis=1)
        return np.sort(np.argsort(-strengths, kind="stable")[:count])

    def _kernel(self, node: str, shape: tuple[int, ...]) -> Array:
        kernel = self._trained(f"{node}/kernel")
        if kernel.shape != shape:
            raise GraphError(f"the trained weights have {node}/kernel of shape {kernel.shape}, not {shape}")
        return kernel

    def _rearrange(self, batch_norm: str, order: npt.NDArray[np.intp]) -> None:
        for name in BATCH_NORM:
            key = f"{batch_norm}/{name}"
            values = self._trained(key)
            if values.ndim != 1 or len(values) <= order.max():
                raise GraphError(f"the trained weights have {key} of shape {values.shape}, with too few channels")
            self._weights[key] = values[order]

    def _trained(self, key: str) -> Array:
        if key not in self._weights:
            raise GraphError(f"the trained weights lack {key}")
        return self._weights[key]
