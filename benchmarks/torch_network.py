"""A graph as a plain PyTorch network: the layers of torch.nn, channels last, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from pibench.errors import ConversionError
from pibench.graph import Graph, Node, ops


class TorchNetwork(nn.Module):
    """Takes N×H×W×C as Keras does; PyTorch's own shape of it is only another view."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self._steps = [(node.name, node.inputs, _function(graph, node)) for node in graph.nodes[1:]]
        self._input, self._output = graph.nodes[0].name, graph.outputs[0]
        self.layers = nn.ModuleList(step for _, _, step in self._steps if isinstance(step, nn.Module))
        self.to(memory_format=torch.channels_last)

    def forward(self, images: Any) -> Any:
        tensors = {self._input: images.permute(0, 3, 1, 2)}
        for name, inputs, step in self._steps:
            tensors[name] = step(*(tensors[ref] for ref in inputs))
        return tensors[self._output]


def _function(graph: Graph, node: Node) -> Callable[..., Any]:
    op, channels = node.op, graph.spec(node.inputs[0]).channels
    if isinstance(op, (ops.Conv, ops.DepthwiseConv)):
        depthwise = isinstance(op, ops.DepthwiseConv)
        filters, groups = (channels * op.multiplier, channels) if depthwise else (op.filters, op.groups)
        return nn.Conv2d(
            channels, filters, op.kernel, op.stride, _padding(op), op.dilation, groups=groups, bias=op.bias
        )
    if isinstance(op, ops.Dense):
        return nn.Linear(channels, op.units, bias=op.bias)
    if isinstance(op, ops.BatchNorm):
        return nn.BatchNorm2d(channels, eps=op.epsilon, momentum=1 - op.momentum)
    return _without_weights(node)


def _without_weights(node: Node) -> Callable[..., Any]:
    op = node.op
    if isinstance(op, ops.Activation) and op.function in ("relu", "relu6"):
        return nn.ReLU() if op.function == "relu" else nn.ReLU6()
    if isinstance(op, ops.Add):
        return torch.add
    if isinstance(op, ops.GlobalAveragePool) and not op.keep_dims:
        return lambda x: x.mean((2, 3))
    raise ConversionError(f"node {node.name!r} ({op.label}) is not among those that this comparison has in PyTorch")


def _padding(op: ops.Conv | ops.DepthwiseConv) -> tuple[int, int]:
    """As people write it there: on both sides, where TensorFlow's SAME may pad one more behind."""
    return (op.kernel[0] // 2, op.kernel[1] // 2) if op.padding == "same" else (0, 0)
