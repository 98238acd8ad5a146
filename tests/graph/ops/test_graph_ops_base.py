import pytest
from hypothesis import given
from hypothesis import strategies as st

from pibench.graph import TensorSpec
from pibench.graph.ops import Op, OpError, Softmax
from pibench.graph.ops.base import image_input, normalised_axis, one_input, window_label, window_output


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding", "dilation", "expected"),
    [
        (32, 3, 1, "same", 1, 32),
        (32, 3, 2, "same", 1, 16),
        (7, 3, 2, "same", 1, 4),
        (1, 3, 2, "same", 1, 1),
        (5, 9, 1, "same", 1, 5),
        (8, 3, 3, "same", 4, 3),
        (32, 3, 1, "valid", 1, 30),
        (32, 3, 2, "valid", 1, 15),
        (7, 3, 2, "valid", 1, 3),
        (8, 3, 2, "valid", 1, 3),
        (8, 8, 1, "valid", 1, 1),
        (8, 3, 1, "valid", 2, 4),
        (8, 3, 1, "valid", 3, 2),
        (8, 1, 4, "valid", 7, 2),
    ],
)
def test_a_windows_output_follows_tensorflows_padding_rules(size, kernel, stride, padding, dilation, expected):
    assert window_output(size, kernel, stride, padding, dilation) == expected


@given(
    size=st.integers(1, 40),
    kernel=st.integers(1, 7),
    stride=st.integers(1, 5),
    dilation=st.integers(1, 3),
)
def test_a_valid_windows_output_counts_the_positions_where_the_window_lies_inside(size, kernel, stride, dilation):
    positions = [at for at in range(0, size, stride) if at + (kernel - 1) * dilation < size]
    if positions:
        assert window_output(size, kernel, stride, "valid", dilation) == len(positions)
    else:
        with pytest.raises(OpError, match=str(size)):
            window_output(size, kernel, stride, "valid", dilation)


@given(size=st.integers(1, 40), kernel=st.integers(1, 7), stride=st.integers(1, 5), dilation=st.integers(1, 3))
def test_a_same_windows_output_depends_on_size_and_stride_alone(size, kernel, stride, dilation):
    assert window_output(size, kernel, stride, "same", dilation) == len(range(0, size, stride))


def test_a_window_larger_than_an_unpadded_input_is_refused_with_both_extents():
    with pytest.raises(OpError, match=r"5 .* 4 "):
        window_output(4, 3, 1, "valid", 2)


@pytest.mark.parametrize(("axis", "rank", "expected"), [(-1, 4, 3), (-4, 4, 0), (0, 1, 0), (2, 3, 2)])
def test_an_axis_is_counted_from_the_front(axis, rank, expected):
    assert normalised_axis(axis, rank) == expected


@pytest.mark.parametrize(("axis", "rank"), [(4, 4), (-5, 4), (0, 0), (-1, 0)])
def test_an_axis_outside_the_rank_is_refused(axis, rank):
    with pytest.raises(OpError, match=f"axis {axis} .* rank {rank}"):
        normalised_axis(axis, rank)


@pytest.mark.parametrize("count", [0, 2])
def test_one_input_refuses_any_other_number(count):
    with pytest.raises(OpError, match=f"one input, not {count}"):
        one_input([TensorSpec((1,))] * count)


@pytest.mark.parametrize("shape", [(), (8,), (1, 8, 8), (1, 1, 8, 8, 3)])
def test_an_image_input_has_rank_four(shape):
    with pytest.raises(OpError, match="rank 4"):
        image_input([TensorSpec(shape)])


@pytest.mark.parametrize(
    ("kernel", "stride", "activation", "expected"),
    [
        ((3, 3), (1, 1), None, "conv 3×3"),
        ((3, 3), (2, 2), None, "conv 3×3 /2"),
        ((1, 3), (1, 2), None, "conv 1×3 /1×2"),
        ((1, 1), (1, 1), "relu6", "conv 1×1 + relu6"),
        ((5, 5), (2, 2), "relu", "conv 5×5 /2 + relu"),
    ],
)
def test_a_window_is_labelled_by_kernel_stride_and_activation(kernel, stride, activation, expected):
    assert window_label("conv", kernel, stride, activation) == expected


def test_an_operation_costs_nothing_and_owns_nothing_unless_it_says_so():
    x = [TensorSpec((1, 10))]
    assert Softmax().weights(x) == ()
    assert Softmax().macs(x, x) == 0
    assert Softmax().label == Softmax().kind == "softmax"


def test_an_operation_without_a_shape_rule_cannot_infer():
    with pytest.raises(NotImplementedError):
        Op().infer([])
