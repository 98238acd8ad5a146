import pytest
import tflite
from tflite_reference import (
    assert_int8_form_runs_as_defined,
    assert_runs_as_defined,
    canonical,
    codes,
    graph_of,
    runs_in_xnnpack,
)

from pibench.engine import KERNEL_MODES
from pibench.graph import quantised
from pibench.graph.ops import AveragePool, GlobalAveragePool, MaxPool
from pibench.tflite import read, write

B = tflite.BuiltinOperator
X = (1, 7, 8, 4)

CASES = [
    (AveragePool(kernel=(2, 2), stride=(2, 2)), B.AVERAGE_POOL_2D),
    (AveragePool(kernel=(3, 3), stride=(2, 2), padding="same"), B.AVERAGE_POOL_2D),
    (AveragePool(kernel=(7, 8), stride=(1, 1)), B.AVERAGE_POOL_2D),
    (AveragePool(kernel=(2, 3), stride=(1, 2), activation="relu"), B.AVERAGE_POOL_2D),
    (MaxPool(kernel=(2, 2), stride=(2, 2)), B.MAX_POOL_2D),
    (MaxPool(kernel=(1, 2), stride=(1, 2)), B.MAX_POOL_2D),
    (MaxPool(kernel=(3, 3), stride=(2, 2), padding="same", activation="relu6"), B.MAX_POOL_2D),
    (GlobalAveragePool(), B.MEAN),
    (GlobalAveragePool(keep_dims=True), B.MEAN),
]
everything = pytest.mark.parametrize(("op", "code"), CASES)


@everything
def test_what_is_written_is_read_back(op, code):
    graph = graph_of(op, X)
    data = write(graph)
    assert codes(data) == [(code, 1)]
    assert canonical(read(data)) == canonical(graph)


@everything
def test_what_is_written_computes_what_the_operation_means(op, code, runtime, tmp_path):
    assert_runs_as_defined(graph_of(op, X), runtime, tmp_path)


@everything
def test_the_int8_form_is_read_back(op, code):
    graph = quantised(graph_of(op, X))
    data = write(graph)
    assert codes(data) == [(code, 2)]
    assert canonical(read(data)) == canonical(graph)


@pytest.mark.parametrize("kernels", KERNEL_MODES)
@everything
def test_the_int8_form_computes_the_same_to_a_step(op, code, runtime, kernels, tmp_path):
    assert_int8_form_runs_as_defined(graph_of(op, X), runtime, kernels, tmp_path)


@everything
def test_xnnpack_runs_the_int8_form_of_all_but_average_pooling(op, code, litert, tmp_path):
    assert runs_in_xnnpack(quantised(graph_of(op, X)), litert.name, tmp_path) == (code != B.AVERAGE_POOL_2D)
