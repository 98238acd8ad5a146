"""``Graph`` → .tflite, without a converter: about a millisecond for one layer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt
import tflite

from pibench.errors import GraphError
from pibench.graph import Graph, Node, TensorSpec
from pibench.graph.ops import Input
from pibench.graph.tensor import bias_dtype
from pibench.tflite.codec import Constant, EncodeContext, Operand, Operator, encoders, with_int8_version
from pibench.tflite.dtypes import TENSOR_TYPES
from pibench.tflite.lower import lower
from pibench.tflite.quantisation import Quantisation, QuantisedWeights, quantised_weights, tensor_quantisations
from pibench.tflite.ranges import Range
from pibench.tflite.weights import Weights, deployed_weights, random_weights

SCHEMA_VERSION = 3
FILE_IDENTIFIER = b"TFL3"
SCALE_BYTES = 4 + 8  # with its zero point
BUFFER_ALIGNMENT = 16  # Buffer.data has force_align: 16 in the schema; kernels load vectors from it.
SIGNATURE = "serving_default"
# Offsets in a flatbuffer have 31 bits; some room is for all that is not weights.
LARGEST_MODEL_BYTES = 2**31 - 2**26
WRITABLE_WEIGHTS = ("float32", "int8")  # activations that may have weights beside them
# Operator codes above this do not fit the schema's first, 8-bit field.
DEPRECATED_CODE_LIMIT = 127


def write(
    graph: Graph, weights: Weights | None = None, *, seed: int = 0, ranges: Mapping[str, Range] | None = None
) -> bytes:
    """The network as a .tflite file: lowered, with given weights or seeded random ones.

    ``weights`` maps ``node/weight`` to arrays (kernels HWIO), as Keras would hold them: batch
    norm is folded here, and kernels are quantised if the network is an int8 one. ``ranges`` maps
    tensors of such a network, as it is lowered, to their lowest and highest value; the others'
    are estimated. Raises GraphError for operations that TFLite has no form for.
    """
    builder = _laid_out(graph, weights, seed, ranges or {})
    # Here the weight arrays are gone already and their pages are free for this copy; faulting
    # in new ones cost a fifth of the time for a megabyte of weights.
    return bytes(memoryview(builder.Bytes)[builder.Head() :])


def _check_outputs(lowered: Graph) -> None:
    """LiteRT leaves an output unwritten that is an input, or is there twice: what is read from it is garbage."""
    inputs = {node.name for node in lowered.inputs}
    for number, ref in enumerate(lowered.outputs):
        if ref in inputs or ref in lowered.outputs[:number]:
            what = "an input" if ref in inputs else "another output, too"
            raise GraphError(
                f"graph {lowered.name!r} has the output {ref!r} that is {what}: runtimes do not write it, leave it out"
            )


def _laid_out(graph: Graph, weights: Weights | None, seed: int, ranges: Mapping[str, Range]) -> flatbuffers.Builder:
    lowered = lower(graph)
    _check_outputs(lowered.graph)
    size_bytes = sum(weight.bytes for node in lowered.graph.nodes for weight in lowered.graph.weights(node))
    if size_bytes > LARGEST_MODEL_BYTES:
        raise GraphError(
            f"graph {graph.name!r} has {size_bytes / 1e9:.1f} GB of weights, a .tflite file holds 2 GB: make it smaller"
        )
    arrays = deployed_weights(graph, lowered, random_weights(graph, seed) if weights is None else weights)
    quantisations = tensor_quantisations(lowered.graph, arrays, ranges)
    operators = [
        (node, _encode(lowered.graph, node, arrays[node.name], quantisations))
        for node in lowered.graph.nodes
        if not isinstance(node.op, Input)
    ]
    return _ModelWriter(lowered.graph, operators, quantisations).finish()


def _encode(
    graph: Graph, node: Node, weights: Mapping[str, npt.NDArray[Any]], quantisations: Mapping[str, Quantisation]
) -> Operator:
    encoder = encoders.get(type(node.op))
    if encoder is None:
        raise GraphError(f"node {node.name!r} ({node.op.label}) cannot be written to a .tflite file")
    _check_types(graph, node)
    own = QuantisedWeights(dict(weights), {})
    is_int8 = node.inputs[0] in quantisations
    if is_int8:
        x, y = (quantisations[ref] for ref in (node.inputs[0], graph.output_refs(node)[0]))
        own = quantised_weights(node.op, weights, x, y)
    context = EncodeContext(node.name, node.inputs, graph.input_specs(node), graph.output_specs(node), *own)
    operator = encoder(node.op, context)
    return with_int8_version(operator) if is_int8 else operator


def _check_types(graph: Graph, node: Node) -> None:
    dtype = graph.spec(node.inputs[0]).dtype
    for weight in graph.weights(node):
        wanted = bias_dtype(dtype) if weight.name == "bias" else dtype
        if dtype not in WRITABLE_WEIGHTS or weight.dtype != wanted:
            raise GraphError(
                f"node {node.name!r} ({node.op.kind}) has a {weight.name} of {weight.dtype} beside activations of"
                f" {dtype}: only networks that are float32 or int8 throughout can be written"
            )


class _ModelWriter:
    """Lays out one model. Flatbuffers are written back to front: children before parents."""

    def __init__(
        self,
        graph: Graph,
        operators: Sequence[tuple[Node, Operator]],
        quantisations: Mapping[str, Quantisation],
    ) -> None:
        self._graph = graph
        self._operators = operators
        self._quantisations = quantisations
        self._constants = _constants(operators)
        data_bytes = sum(map(_constant_bytes, self._constants))
        # One allocation: growing would copy all weights again each time.
        self._builder = flatbuffers.Builder(data_bytes + 1024 * (len(graph.nodes) + 4))
        self._versions = _versions(operator for _, operator in operators)
        refs = [ref for node in graph.nodes for ref in graph.output_refs(node)]
        self._refs = refs
        self._tensor_index = {ref: index for index, ref in enumerate(refs)}
        # Constants by identity: one may have the name of a node's output.
        self._constant_index = {id(constant): len(refs) + k for k, constant in enumerate(self._constants)}

    def finish(self) -> flatbuffers.Builder:
        # Buffer 0 is the empty one, which tensors without data share.
        buffers = self._offsets([self._buffer(None), *(self._buffer(constant) for constant in self._constants)])
        subgraphs = self._offsets([self._subgraph()])
        signatures = self._offsets([self._signature()])
        codes = self._offsets([self._operator_code(code, version) for code, version in self._versions.items()])
        description = self._builder.CreateString(f"pibench: {self._graph.name}")
        model = self._table(
            "Model",
            Version=SCHEMA_VERSION,
            OperatorCodes=codes,
            Subgraphs=subgraphs,
            Description=description,
            Buffers=buffers,
            SignatureDefs=signatures,
        )
        self._builder.Finish(model, FILE_IDENTIFIER)
        return self._builder

    def _table(self, kind: str, **fields: object) -> int:
        """A table of the schema, by its name and those of its fields."""
        getattr(tflite, f"{kind}Start")(self._builder)
        for field, value in fields.items():
            getattr(tflite, f"{kind}Add{field}")(self._builder, value)
        return int(getattr(tflite, f"{kind}End")(self._builder))

    def _offsets(self, offsets: Sequence[int]) -> int:
        self._builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            self._builder.PrependUOffsetTRelative(offset)
        return int(self._builder.EndVector())

    def _integers(self, values: Iterable[int]) -> int:
        return int(self._builder.CreateNumpyVector(np.fromiter(values, np.int32)))

    def _buffer(self, constant: Constant | None) -> int:
        if constant is None:
            return self._table("Buffer")
        assert constant.values is not None
        data = np.ravel(constant.values).view(np.uint8)
        builder = self._builder
        builder.StartVector(1, len(data), BUFFER_ALIGNMENT)
        # As Builder.CreateByteVector does, which knows no alignment.
        builder.head = builder.Head() - len(data)
        builder.Bytes[builder.Head() : builder.Head() + len(data)] = data.data
        return self._table("Buffer", Data=builder.EndVector())

    def _operator_code(self, code: int, version: int) -> int:
        return self._table(
            "OperatorCode",
            DeprecatedBuiltinCode=min(code, DEPRECATED_CODE_LIMIT),
            Version=version,
            BuiltinCode=code,
        )

    def _subgraph(self) -> int:
        tensors = [self._tensor(ref, self._graph.spec(ref), 0, self._quantisations.get(ref)) for ref in self._refs]
        tensors += [
            self._tensor(c.name, c.spec, buffer, c.quantisation) for buffer, c in enumerate(self._constants, start=1)
        ]
        return self._table(
            "SubGraph",
            Tensors=self._offsets(tensors),
            Inputs=self._indices(node.name for node in self._graph.inputs),
            Outputs=self._indices(self._graph.outputs),
            Operators=self._offsets([self._operator(node, operator) for node, operator in self._operators]),
            Name=self._builder.CreateString("main"),
        )

    def _indices(self, operands: Iterable[Operand]) -> int:
        return self._integers(map(self._index, operands))

    def _index(self, operand: Operand) -> int:
        if operand is None:
            return -1
        return self._constant_index[id(operand)] if isinstance(operand, Constant) else self._tensor_index[operand]

    def _tensor(self, name: str, spec: TensorSpec, buffer: int, quantisation: Quantisation | None) -> int:
        fields = {"Shape": self._integers(spec.shape), "Name": self._builder.CreateString(name)}
        if quantisation is not None:
            fields["Quantization"] = self._quantisation(quantisation)
        return self._table("Tensor", Type=TENSOR_TYPES[spec.dtype], Buffer=buffer, **fields)

    def _quantisation(self, quantisation: Quantisation) -> int:
        scales, zero_point, axis = quantisation
        return self._table(
            "QuantizationParameters",
            Scale=self._builder.CreateNumpyVector(scales),
            ZeroPoint=self._builder.CreateNumpyVector(np.full(len(scales), zero_point, np.int64)),
            QuantizedDimension=axis,
        )

    def _operator(self, node: Node, operator: Operator) -> int:
        fields: dict[str, object] = {
            "OpcodeIndex": list(self._versions).index(operator.code),
            "Inputs": self._indices(operator.operands),
            "Outputs": self._indices(self._graph.output_refs(node)),
        }
        if operator.options_type:
            fields["BuiltinOptionsType"] = getattr(tflite.BuiltinOptions, operator.options_type)
            fields["BuiltinOptions"] = self._table(operator.options_type, **operator.options)
        return self._table("Operator", **fields)

    def _signature(self) -> int:
        inputs = self._offsets([self._tensor_map(node.name) for node in self._graph.inputs])
        outputs = self._offsets([self._tensor_map(ref) for ref in self._graph.outputs])
        key = self._builder.CreateString(SIGNATURE)
        return self._table("SignatureDef", Inputs=inputs, Outputs=outputs, SignatureKey=key, SubgraphIndex=0)

    def _tensor_map(self, ref: str) -> int:
        name = self._builder.CreateString(ref)
        return self._table("TensorMap", Name=name, TensorIndex=self._tensor_index[ref])


def _versions(operators: Iterable[Operator]) -> dict[int, int]:
    """Of each operator code the highest version that a use of it needs: the converter lists a code once."""
    versions: dict[int, int] = {}
    for operator in operators:
        versions[operator.code] = max(operator.version, versions.get(operator.code, 1))
    return versions


def _constant_bytes(constant: Constant) -> int:
    scales = 0 if constant.quantisation is None else len(constant.quantisation.scales)
    return constant.spec.bytes + BUFFER_ALIGNMENT + scales * SCALE_BYTES


def _constants(operators: Iterable[tuple[Node, Operator]]) -> list[Constant]:
    return [operand for _, operator in operators for operand in operator.operands if isinstance(operand, Constant)]
