""".tflite → ``Graph``: any model file; what has no counterpart becomes an opaque node."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy.typing as npt
import tflite

from pibench.errors import GraphError, ModelFileError
from pibench.graph import Graph, Node, TensorSpec
from pibench.graph.ops import Input, Op, Opaque, OpError
from pibench.tflite.codec import Constant, DecodeContext, Operand, Operator, UndecodableError, decoders
from pibench.tflite.dtypes import DTYPE_NAMES
from pibench.tflite.writer import FILE_IDENTIFIER

# What the generated accessors raise when offsets lead outside a damaged file.
_DAMAGE = (IndexError, ValueError, TypeError, struct.error, ArithmeticError, AttributeError, KeyError)

_BUILTIN_NAMES = {code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)}
# Builtin operators that multiply and accumulate; of a custom one nobody knows.
_WITH_MACS = {
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "FULLY_CONNECTED",
    "TRANSPOSE_CONV",
    "CONV_3D",
    "CONV_3D_TRANSPOSE",
    "BATCH_MATMUL",
    "SVDF",
    "RNN",
    "LSTM",
    "UNIDIRECTIONAL_SEQUENCE_RNN",
    "UNIDIRECTIONAL_SEQUENCE_LSTM",
    "BIDIRECTIONAL_SEQUENCE_RNN",
    "BIDIRECTIONAL_SEQUENCE_LSTM",
}
_OPTION_TYPES = {code: name for name, code in vars(tflite.BuiltinOptions).items() if isinstance(code, int)}

_FREE_EXTENT = -1
_LARGEST_COUNT = 2**62

_OUTPUT_NUMBER = re.compile(r"(:\d+)+$")

T = TypeVar("T")


def read(data: bytes, name: str = "model") -> Graph:
    """The main subgraph of a .tflite file as a Graph.

    A weight that the file stores compressed (a DEQUANTIZE of a constant) counts as a weight of
    the operation that uses it. Raises ModelFileError when the data is not a readable model.
    """
    check_looks_like_model(data, name)
    try:
        graph = _ModelReader(data, name).graph()
        if max(graph.total_macs, graph.total_parameters) > _LARGEST_COUNT:
            raise ModelFileError(f"{name} is damaged: no network has {graph.total_macs:.0e} MACs")
        return graph
    except GraphError as error:
        raise ModelFileError(f"{name} is not a consistent model: {error}") from None
    except _DAMAGE:
        raise ModelFileError(f"{name} is damaged or truncated: copy or export it again") from None


def check_looks_like_model(data: bytes, name: str) -> None:
    """Raises ModelFileError, saying what it is instead, for what cannot be a .tflite file."""
    if not data:
        raise ModelFileError(f"{name} is empty: export the model again")
    if data[4:8] != FILE_IDENTIFIER:
        raise ModelFileError(f"{name} is not a .tflite model: it lacks the TFL3 mark that every such file has")


class _Tensor(NamedTuple):
    name: str
    spec: TensorSpec
    buffer: int


class _ModelReader:
    def __init__(self, data: bytes, name: str) -> None:
        self._name = name
        self._model = tflite.Model.GetRootAs(data, 0)
        if self._model.SubgraphsLength() < 1:
            raise ModelFileError(f"{name} holds no graph: export the model again")
        self._subgraph = self._model.Subgraphs(0)
        self._tensors = [self._tensor(t) for t in _items(self._subgraph.TensorsLength(), self._subgraph.Tensors)]
        self._refs: dict[int, str] = {}
        self._specs: dict[str, TensorSpec] = {}
        self._constants: dict[int, Constant] = {}
        self._names: set[str] = set()
        self._nodes: list[Node] = []

    def graph(self) -> Graph:
        for index in _vector(self._subgraph.InputsAsNumpy()):
            tensor = self._tensors[index]
            node = Node(self._unique(tensor.name), Input(shape=tensor.spec.shape, dtype=tensor.spec.dtype))
            self._nodes.append(node)
            self._made(index, node.name)
        for operator in _items(self._subgraph.OperatorsLength(), self._subgraph.Operators):
            self._read_operator(operator)
        outputs = [self._refs[index] for index in _vector(self._subgraph.OutputsAsNumpy()) if index in self._refs]
        return Graph(self._name, self._nodes, outputs)

    def _made(self, index: int, ref: str) -> None:
        self._refs[index] = ref
        self._specs[ref] = self._tensors[index].spec

    def _tensor(self, tensor: Any) -> _Tensor:
        shape = tuple(1 if n == _FREE_EXTENT else n for n in _vector(tensor.ShapeAsNumpy()))
        if any(extent < 0 for extent in shape):
            raise ValueError(f"a negative extent in {shape}")
        spec = TensorSpec(shape, DTYPE_NAMES[tensor.Type()])
        return _Tensor((tensor.Name() or b"").decode(), spec, tensor.Buffer())

    def _read_operator(self, raw: Any) -> None:
        code = self._model.OperatorCodes(raw.OpcodeIndex())
        builtin = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        operands = [self._operand(index) for index in _vector(raw.InputsAsNumpy())]
        outputs = _vector(raw.OutputsAsNumpy())
        if builtin == tflite.BuiltinOperator.DEQUANTIZE and isinstance(operands[0], Constant):
            self._constants[outputs[0]] = operands[0]
            return
        name = (
            _custom_name(code)
            if builtin == tflite.BuiltinOperator.CUSTOM
            else _BUILTIN_NAMES.get(builtin, f"BUILTIN_{builtin}")
        )
        options_type, options = _options(raw)
        operator = Operator(builtin, operands, options_type, options, code.Version())
        self._append(name, operator, outputs)

    def _append(self, operator_name: str, operator: Operator, outputs: Sequence[int]) -> None:
        inputs = [operand for operand in operator.operands if isinstance(operand, str)]
        specs = [self._specs[ref] for ref in inputs]
        output_specs = tuple(self._tensors[index].spec for index in outputs)
        op = _decode(operator_name, operator, specs, output_specs)
        label = self._tensors[outputs[0]].name if outputs else ""
        node = Node(self._unique(label or operator_name), op, tuple(inputs))  # type: ignore[arg-type]
        self._nodes.append(node)
        for position, index in enumerate(outputs):
            self._made(index, node.name if len(outputs) == 1 else f"{node.name}:{position}")

    def _operand(self, index: int) -> Operand:
        if index < 0:
            return None
        if index in self._refs:
            return self._refs[index]
        if index not in self._constants:
            tensor = self._tensors[index]
            self._constants[index] = Constant(tensor.name, tensor.spec, self._values(tensor))
        return self._constants[index]

    def _values(self, tensor: _Tensor) -> npt.NDArray[Any] | None:
        data: npt.NDArray[Any] | int = self._model.Buffers(tensor.buffer).DataAsNumpy()
        if isinstance(data, int):
            return None
        try:
            return data.view(tensor.spec.dtype).reshape(tensor.spec.shape)
        except (TypeError, ValueError):
            return None

    def _unique(self, label: str) -> str:
        """A node name from a tensor's: without what the converter fused in (after a semicolon),
        nor the output's number, which would look like a reference to it."""
        label = _OUTPUT_NUMBER.sub("", label.partition(";")[0]) or "tensor"
        name, k = label, 1
        while name in self._names:
            k += 1
            name = f"{label}#{k}"
        self._names.add(name)
        return name


def _decode(
    operator_name: str, operator: Operator, inputs: Sequence[TensorSpec], outputs: tuple[TensorSpec, ...]
) -> Op:
    """The graph's operation, if it has one that yields exactly these outputs; else an opaque one."""
    decoder = decoders.get(operator.code)
    if decoder is not None and inputs:
        try:
            op = decoder(DecodeContext(operator, inputs, outputs))
            if op.infer(inputs) == outputs:
                return op
        except (UndecodableError, OpError, *_DAMAGE):
            pass
    return Opaque(
        name=operator_name,
        outputs=outputs,
        constants=tuple(c.weight(c.name) for c in operator.operands if isinstance(c, Constant)),
        has_macs=operator_name in _WITH_MACS or operator_name not in _BUILTIN_NAMES.values(),
    )


def _options(raw: Any) -> tuple[str, dict[str, Any]]:
    """An operator's options by field name, as the encoders give them."""
    kind, table = _OPTION_TYPES.get(raw.BuiltinOptionsType(), "NONE"), raw.BuiltinOptions()
    if kind == "NONE" or table is None:
        return "", {}
    options = getattr(tflite, kind)()
    options.Init(table.Bytes, table.Pos)
    fields = [f.removeprefix(f"{kind}Add") for f in vars(tflite) if f.startswith(f"{kind}Add")]
    # Vectors (a reshape's NewShape) repeat what is in the operands and outputs.
    scalars = [f for f in fields if hasattr(options, f) and not hasattr(options, f"{f}AsNumpy")]
    return kind, {field: getattr(options, field)() for field in scalars}


def _custom_name(code: Any) -> str:
    return (code.CustomCode() or b"CUSTOM").decode()


def _items(count: int, get: Callable[[int], T]) -> list[T]:
    return [get(index) for index in range(count)]


def _vector(values: Any) -> list[int]:
    """A vector of the file as integers; the accessors give 0 for an absent one."""
    return [] if isinstance(values, int) else [int(value) for value in values]
