from __future__ import annotations

from typing import get_args

import pytest

from pibench.graph.ops import Activation, Add, AnyOp, BatchNorm, Dropout, Input, Op, Opaque
from pibench.graph.ops.pointwise import ActivationFunction
from pibench.profile import kernels
from pibench.profile.kernels import internal_name, internal_names, operator_names

# Never deployed, or no operation.
NOT_RUN = {BatchNorm, Dropout, Input}
BY_ATTRIBUTES = {Activation, Opaque}
NOT_RUN_FUNCTIONS = {"hard_sigmoid"}


def test_every_operation_that_is_deployed_has_its_names() -> None:
    deployed = set(get_args(AnyOp)) - NOT_RUN - BY_ATTRIBUTES
    assert set(kernels._OPERATORS) == deployed
    # XNNPACK has no gather.
    assert {op.__name__ for op in deployed - set(kernels._INTERNAL)} == {"Gather"}


@pytest.mark.parametrize("function", sorted(set(get_args(ActivationFunction)) - NOT_RUN_FUNCTIONS))
def test_every_activation_has_its_names(function: ActivationFunction) -> None:
    op: Op = Activation(function=function)
    assert operator_names(op)
    assert list(internal_names(op))


def test_a_fused_activation_may_be_a_step_of_its_own() -> None:
    assert list(internal_names(Add())) == [("Add",)]
    assert list(internal_names(Add(activation="relu"))) == [("Add",), ("Add", "Clamp")]


@pytest.mark.parametrize(
    ("event", "name"),
    [
        ("Fully Connected (NC, QS8, QC8W) GEMM", "Fully Connected"),
        ("Mean (ND) Reduce2", "Mean"),
        ("Average Pooling (NHWC, F32) Average Pooling", "Average Pooling"),
        ("Copy", "Copy"),
    ],
)
def test_a_name_is_freed_of_types_and_kernel(event: str, name: str) -> None:
    assert internal_name(event) == name
