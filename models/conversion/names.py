"""Names on both sides: those of graphs and models, of nodes and layers, and of activations."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

import keras

KERAS_ACTIVATIONS = {"hard_swish": "hard_silu"}
"""By the graphs' names; others have the same name on both sides."""

# PyTorch's parameters bear the names of their layers, and cannot have a dot.
_DOT_ON_TORCH = ">"


def layer_name(name: str) -> str:
    """The node's own name, but on PyTorch."""
    return name.replace(".", _DOT_ON_TORCH) if keras.backend.backend() == "torch" else name


def layer_of(model: keras.Model, node: str) -> keras.Layer:
    """The layer that ``to_keras`` made of a node. Raises ValueError when there is none."""
    return model.get_layer(layer_name(node))


def node_name(name: str) -> str:
    """The layer's own name, without what references of a graph keep for themselves, and on any backend the same."""
    return re.sub("[/:]", "_", name).replace(_DOT_ON_TORCH, ".")


def model_name(name: str) -> str:
    """A graph's name as TensorFlow takes it, which makes scopes of models' names: others characters as ``>3A``."""
    quoted = quote(name, safe="").replace("~", "%7E").replace("%", ">")
    return quoted if quoted[:1].isalnum() else f".{quoted}"


def graph_name(name: str) -> str:
    """The reverse, which leaves names that people gave their models as they are."""
    return re.sub("(?:>[0-9A-F]{2})+", lambda found: unquote(found[0].replace(">", "%")), name.removeprefix("."))
