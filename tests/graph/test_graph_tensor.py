import pytest

from pibench.graph import TensorSpec, WeightSpec
from pibench.graph.tensor import DTYPE_BITS, bias_dtype


@pytest.mark.parametrize("kind", [TensorSpec, lambda *spec: WeightSpec("w", *spec)])
@pytest.mark.parametrize(
    ("shape", "dtype", "elements", "size"),
    [
        ((1, 8, 8, 3), "float32", 192, 768),
        ((1, 8, 8, 3), "int8", 192, 192),
        ((3,), "float16", 3, 6),
        ((3,), "int64", 3, 24),
        ((3,), "int4", 3, 2),
        ((4,), "int4", 4, 2),
        ((), "float32", 1, 4),
        ((0, 5), "float32", 0, 0),
        ((7,), "string", 7, 0),
    ],
)
def test_elements_and_bytes_follow_shape_and_type(kind, shape, dtype, elements, size):
    spec = kind(shape, dtype)
    assert (spec.elements, spec.bytes) == (elements, size)


def test_rank_and_channels_come_from_the_shape():
    spec = TensorSpec((1, 8, 9, 3))
    assert (spec.rank, spec.channels) == (4, 3)


def test_another_shape_keeps_the_type():
    assert TensorSpec((1, 2), "int8").with_shape(2, 1) == TensorSpec((2, 1), "int8")


@pytest.mark.parametrize(("shape", "text"), [((1, 8, 8, 3), "1×8×8×3"), ((7,), "7"), ((), "scalar")])
def test_a_spec_reads_as_its_extents(shape, text):
    assert str(TensorSpec(shape)) == text


@pytest.mark.parametrize(
    ("activations", "bias"),
    [("int8", "int32"), ("uint8", "int32"), ("int16", "int64"), ("float32", "float32"), ("float16", "float16")],
)
def test_integer_kernels_have_wider_biases(activations, bias):
    assert bias_dtype(activations) == bias
    assert DTYPE_BITS[bias] >= DTYPE_BITS[activations]
