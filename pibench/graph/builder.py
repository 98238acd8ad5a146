"""Writing networks down: one call per operation, names by scope, shapes known as one goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pibench.graph import ops
from pibench.graph.graph import Graph, Node, checked, inferred
from pibench.graph.ops import ActivationFunction, Op, Padding
from pibench.graph.tensor import Dtype, TensorSpec


class GraphBuilder:
    """Collects nodes in order. Every method returns the reference of what it made.

    Names are joined to the open scopes by dots: ``stage1.block2.expand.conv``. Kernels and
    strides are an integer or a pair (height, width). Raises GraphError as ``Graph`` does, at
    the call that is wrong.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._scope: list[str] = []
        self._nodes: list[Node] = []
        self._specs: dict[str, TensorSpec] = {}

    @contextmanager
    def scope(self, name: str) -> Iterator[None]:
        self._scope.append(name)
        try:
            yield
        finally:
            self._scope.pop()

    def add(self, op: Op, *inputs: str, name: str) -> tuple[str, ...]:
        """Append any operation; returns the references of all its outputs."""
        full_name = ".".join([*self._scope, name])
        node = checked(Node(full_name, op, inputs))  # type: ignore[arg-type]  # Op is AnyOp's base
        outputs = inferred(node, self._specs)
        self._nodes.append(node)
        self._specs.update(outputs)
        return tuple(outputs)

    def _one(self, op: Op, *inputs: str, name: str) -> str:
        return self.add(op, *inputs, name=name)[0]

    def shape(self, ref: str) -> tuple[int, ...]:
        return self._specs[ref].shape

    def channels(self, ref: str) -> int:
        return self._specs[ref].channels

    def build(self, *outputs: str) -> Graph:
        return Graph(self._name, self._nodes, outputs)

    def input(self, shape: Sequence[int], name: str = "image", dtype: Dtype = "float32") -> str:
        return self._one(ops.Input(shape=tuple(shape), dtype=dtype), name=name)

    def conv(
        self,
        x: str,
        filters: int,
        kernel: int | tuple[int, int] = 1,
        stride: int | tuple[int, int] = 1,
        *,
        padding: Padding = "same",
        groups: int = 1,
        bias: bool = False,
        name: str = "conv",
    ) -> str:
        op = ops.Conv(
            filters=filters, kernel=_pair(kernel), stride=_pair(stride), padding=padding, groups=groups, bias=bias
        )
        return self._one(op, x, name=name)

    def depthwise_conv(
        self,
        x: str,
        kernel: int | tuple[int, int] = 3,
        stride: int | tuple[int, int] = 1,
        *,
        padding: Padding = "same",
        bias: bool = False,
        name: str = "depthwise",
    ) -> str:
        op = ops.DepthwiseConv(kernel=_pair(kernel), stride=_pair(stride), padding=padding, bias=bias)
        return self._one(op, x, name=name)

    def dense(self, x: str, units: int, *, bias: bool = True, name: str = "dense") -> str:
        return self._one(ops.Dense(units=units, bias=bias), x, name=name)

    def batch_norm(self, x: str, *, momentum: float = 0.99, epsilon: float = 1e-3, name: str = "bn") -> str:
        return self._one(ops.BatchNorm(momentum=momentum, epsilon=epsilon), x, name=name)

    def activation(self, x: str, function: ActivationFunction, *, slope: float = 0.3, name: str | None = None) -> str:
        return self._one(ops.Activation(function=function, slope=slope), x, name=name or function)

    def add_tensors(self, x: str, y: str, *, name: str = "add") -> str:
        return self._one(ops.Add(), x, y, name=name)

    def multiply(self, x: str, y: str, *, name: str = "multiply") -> str:
        return self._one(ops.Multiply(), x, y, name=name)

    def concat(self, *xs: str, axis: int = -1, name: str = "concat") -> str:
        return self._one(ops.Concat(axis=axis), *xs, name=name)

    def split(self, x: str, sizes: Sequence[int], *, axis: int = -1, name: str = "split") -> tuple[str, ...]:
        return self.add(ops.Split(sizes=tuple(sizes), axis=axis), x, name=name)

    def slice(self, x: str, begin: Sequence[int], size: Sequence[int], *, name: str = "slice") -> str:
        return self._one(ops.Slice(begin=tuple(begin), size=tuple(size)), x, name=name)

    def reshape(self, x: str, shape: Sequence[int], *, name: str = "reshape") -> str:
        return self._one(ops.Reshape(shape=tuple(shape)), x, name=name)

    def transpose(self, x: str, perm: Sequence[int], *, name: str = "transpose") -> str:
        return self._one(ops.Transpose(perm=tuple(perm)), x, name=name)

    def pad(self, x: str, paddings: Sequence[tuple[int, int]], *, name: str = "pad") -> str:
        return self._one(ops.Pad(paddings=tuple(paddings)), x, name=name)

    def average_pool(
        self, x: str, kernel: int, stride: int, *, padding: Padding = "valid", name: str = "average_pool"
    ) -> str:
        return self._one(ops.AveragePool(kernel=_pair(kernel), stride=_pair(stride), padding=padding), x, name=name)

    def max_pool(
        self,
        x: str,
        kernel: int | tuple[int, int],
        stride: int | tuple[int, int],
        *,
        padding: Padding = "valid",
        name: str = "max_pool",
    ) -> str:
        return self._one(ops.MaxPool(kernel=_pair(kernel), stride=_pair(stride), padding=padding), x, name=name)

    def global_average_pool(self, x: str, *, keep_dims: bool = False, name: str = "pool") -> str:
        return self._one(ops.GlobalAveragePool(keep_dims=keep_dims), x, name=name)

    def dropout(self, x: str, rate: float, *, name: str = "dropout") -> str:
        return self._one(ops.Dropout(rate=rate), x, name=name)

    def softmax(self, x: str, *, name: str = "softmax") -> str:
        return self._one(ops.Softmax(), x, name=name)


def _pair(value: int | tuple[int, int]) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else value
