"""Networks as plain data, free of any runtime and any training framework."""

from pibench.graph.builder import GraphBuilder
from pibench.graph.cost import LayerCost, layer_costs
from pibench.graph.graph import Graph, Node
from pibench.graph.layer import Layer, copies_of, layer_of, layers_of
from pibench.graph.quantised import quantised
from pibench.graph.tensor import TensorSpec, WeightSpec

__all__ = [
    "Graph",
    "GraphBuilder",
    "Layer",
    "LayerCost",
    "Node",
    "TensorSpec",
    "WeightSpec",
    "copies_of",
    "layer_costs",
    "layer_of",
    "layers_of",
    "quantised",
]
