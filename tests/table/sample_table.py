"""A small table with every kind of part in it."""

from __future__ import annotations

from msgspec.structs import replace
from table_world import CALIBRATION, CONDITION, OTHER_CONDITION, empty_table, fixed_term, point

from pibench.graph import Layer, TensorSpec
from pibench.graph.ops import Add, Concat, Conv, DepthwiseConv, Reshape
from pibench.table.kind import Kind, signature_of
from pibench.table.model import Curve, Table


def _kind(op: object, *channels: int, dtype: str = "float32") -> Kind:
    return signature_of(Layer(op, tuple(TensorSpec((1, 8, 4, count), dtype) for count in channels))).kind  # type: ignore[arg-type]


CONV = _kind(Conv(filters=4, kernel=(3, 5), stride=(2, 2), groups=2, bias=True, activation="relu"), 2)


def sample_table() -> Table:
    curves = (
        Curve(
            kind=CONV,
            condition=CONDITION,
            points=(point((2, 4), 1500.0), point((4, 4), 2500.0, trusted=False)),
            left_out_error=0.0125,
        ),
        Curve(
            kind=_kind(DepthwiseConv(kernel=(3, 3)), 8, dtype="int8"),
            condition=OTHER_CONDITION,
            points=(point((8,), 900.0),),
        ),
        Curve(
            kind=_kind(Concat(), 1, 1, 1), condition=replace(CONDITION, cpus=(3,)), points=(point((3, 4, 5), 120.0),)
        ),
        Curve(kind=_kind(Add(), 1, 1), condition=replace(CONDITION, kernels="builtin"), points=()),
        Curve(kind=_kind(Reshape(shape=(1, 64)), 2), condition=CONDITION, points=(point((), 40.0),)),
    )
    return replace(
        empty_table(["mobilenet_v1:depth=3", "net.tflite"]),
        curves=curves,
        fixed=(fixed_term(), replace(fixed_term(OTHER_CONDITION), campaigns_ns=(990.0, 1010.0))),
        calibrations=(replace(CALIBRATION, per_layer_ns=250.0),),
        complete=True,
    )
