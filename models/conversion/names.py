"""Names on both sides: those of nodes, of layers and of activations."""

from __future__ import annotations

import re

import keras

KERAS_ACTIVATIONS = {"hard_swish": "hard_silu"}
"""By the graphs' names; others have the same name on both sides."""

GRAPH_ACTIVATIONS = {theirs: ours for ours, theirs in KERAS_ACTIVATIONS.items()}

# PyTorch's parameters bear the names of their layers, and cannot have a dot.
_DOT_ON_TORCH = ">"


def layer_name(name: str) -> str:
    """The node's own name, but on PyTorch."""
    return name.replace(".", _DOT_ON_TORCH) if keras.backend.backend() == "torch" else name


def node_name(name: str) -> str:
    """The layer's own name, without what references of a graph keep for themselves, and on any backend the same."""
    return re.sub("[/:]", "_", name).replace(_DOT_ON_TORCH, ".")
