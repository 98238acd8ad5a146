import pytest
from tflite import TensorType

from pibench.graph.tensor import DTYPE_BITS
from pibench.tflite.dtypes import DTYPE_NAMES, TENSOR_TYPES


def test_every_element_type_of_a_graph_has_a_code_and_back():
    assert set(TENSOR_TYPES) == set(DTYPE_BITS)
    assert {DTYPE_NAMES[code]: code for code in DTYPE_NAMES} == TENSOR_TYPES


@pytest.mark.parametrize(
    ("name", "code"), [("float32", 0), ("float16", 1), ("int32", 2), ("uint8", 3), ("int64", 4), ("int8", 9)]
)
def test_codes_are_the_schemas(name, code):
    assert TENSOR_TYPES[name] == code


def test_every_code_of_the_schema_is_named():
    schema = {value for name, value in vars(TensorType).items() if name.isupper()}
    assert schema == set(DTYPE_NAMES)
