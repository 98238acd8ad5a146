"""Networks as plain data, free of any runtime and any training framework."""

from pibench.graph.builder import GraphBuilder
from pibench.graph.cost import LayerCost, layer_costs
from pibench.graph.graph import Graph, Node
from pibench.graph.tensor import TensorSpec, WeightSpec

__all__ = ["Graph", "GraphBuilder", "LayerCost", "Node", "TensorSpec", "WeightSpec", "layer_costs"]
