import pytest
from hypothesis import given
from hypothesis import strategies as st

from pibench.errors import GraphError
from pibench.graph import TensorSpec
from pibench.graph.ops import Concat, Gather, Pad, Reshape, Slice, Split, Transpose

X = (1, 4, 6, 8)


@pytest.mark.parametrize(
    ("op", "shapes", "outputs"),
    [
        (Concat(), [X, X], [(1, 4, 6, 16)]),
        (Concat(), [X], [X]),
        (Concat(axis=1), [X, (1, 2, 6, 8), (1, 1, 6, 8)], [(1, 7, 6, 8)]),
        (Concat(axis=-4), [X, (2, 4, 6, 8)], [(3, 4, 6, 8)]),
        (Split(sizes=(3, 5)), [X], [(1, 4, 6, 3), (1, 4, 6, 5)]),
        (Split(sizes=(2, 2, 2), axis=2), [X], [(1, 4, 2, 8)] * 3),
        (Split(sizes=(8,)), [X], [X]),
        (Slice(begin=(0, 1, 2, 3), size=(1, 3, 4, 5)), [X], [(1, 3, 4, 5)]),
        (Slice(begin=(0, 0, 0, 0), size=X), [X], [X]),
        (Gather(indices=(7, 0, 0)), [X], [(1, 4, 6, 3)]),
        (Gather(indices=(1,), axis=1), [X], [(1, 1, 6, 8)]),
        (Reshape(shape=(1, 192)), [X], [(1, 192)]),
        (Reshape(shape=(1, 4, 6, 2, 4)), [X], [(1, 4, 6, 2, 4)]),
        (Transpose(perm=(0, 3, 1, 2)), [X], [(1, 8, 4, 6)]),
        (Pad(paddings=((0, 0), (1, 2), (0, 3), (0, 0))), [X], [(1, 7, 9, 8)]),
    ],
)
def test_shapes_are_those_computed_by_hand(single, op, shapes, outputs):
    graph = single(op, *shapes, dtype="int8")
    assert graph.output_specs(graph.nodes[-1]) == tuple(TensorSpec(shape, "int8") for shape in outputs)
    assert (graph.total_macs, graph.total_parameters) == (0, 0)


@pytest.mark.parametrize(
    ("op", "shapes", "kind", "reason"),
    [
        (Concat(), [X, (1, 4, 5, 8)], "concat", "1×4×6×8, 1×4×5×8 along axis -1"),
        (Concat(), [X, (4, 6, 8)], "concat", "cannot join"),
        (Concat(axis=4), [X, X], "concat", "axis 4 .* rank 4"),
        (Split(sizes=(3, 4)), [X], "split", r"\(3, 4\).* the 8 of axis -1"),
        (Split(sizes=()), [X], "split", "the 8 of axis -1"),
        (Split(sizes=(8,), axis=-5), [X], "split", "axis -5 .* rank 4"),
        (Slice(begin=(0, 1, 0, 0), size=(1, 4, 6, 8)), [X], "slice", "cannot take"),
        (Slice(begin=(0, -1, 0, 0), size=(1, 4, 6, 8)), [X], "slice", "cannot take"),
        (Slice(begin=(0, 0, 0), size=(1, 4, 6, 8)), [X], "slice", "from shape 1×4×6×8"),
        (Slice(begin=(0, 0, 0), size=(4, 6, 8)), [X], "slice", "from shape 1×4×6×8"),
        (Gather(indices=(8,)), [X], "gather", "the 8 of axis -1"),
        (Gather(indices=(-1,)), [X], "gather", "the 8 of axis -1"),
        (Gather(indices=()), [X], "gather", "the 8 of axis -1"),
        (Gather(indices=(0,), axis=4), [X], "gather", "axis 4 .* rank 4"),
        (Reshape(shape=(1, 191)), [X], "reshape", "1×191 of 1×4×6×8"),
        (Transpose(perm=(0, 1, 2)), [X], "transpose", "each of the 4 axes once"),
        (Transpose(perm=(0, 1, 1, 2)), [X], "transpose", r"\(0, 1, 1, 2\)"),
        (Transpose(perm=(1, 2, 3, 4)), [X], "transpose", "each of the 4 axes once"),
        (Pad(paddings=((1, 1),)), [X], "pad", "each of 4 axes"),
        (Pad(paddings=((0, 0), (0, -1), (0, 0), (0, 0))), [X], "pad", "non-negative"),
    ],
)
def test_what_does_not_fit_is_refused_with_node_operation_and_reason(single, op, shapes, kind, reason):
    with pytest.raises(GraphError, match=rf"^node 'node' \({kind}\) .*{reason}"):
        single(op, *shapes)


@pytest.mark.parametrize(
    "op",
    [
        Split(sizes=(8,)),
        Slice(begin=(0,) * 4, size=X),
        Gather(indices=(0,)),
        Reshape(shape=X),
        Transpose(perm=(0, 1, 2, 3)),
        Pad(paddings=((0, 0),) * 4),
    ],
    ids=lambda op: op.kind,
)
def test_a_second_input_is_refused(single, op):
    with pytest.raises(GraphError, match=rf"node 'node' \({op.kind}\) takes one input, not 2"):
        single(op, X, X)


def test_joining_nothing_is_refused(single):
    with pytest.raises(GraphError, match=r"node 'node' \(concat\) takes one input or more, not 0"):
        single(Concat())


@pytest.mark.parametrize(
    ("op", "field"),
    [
        (Split(sizes=(8, 0)), "sizes"),
        (Slice(begin=(0,) * 4, size=(1, 0, 1, 1)), "size"),
        (Reshape(shape=(1, -1)), "shape"),
    ],
)
def test_an_empty_or_unknown_extent_is_refused_with_the_attributes_name(single, op, field):
    with pytest.raises(GraphError, match=rf"node 'node' .*{field}"):
        single(op, X)


@given(sizes=st.lists(st.integers(1, 5), min_size=1, max_size=4), axis=st.integers(-3, 2))
def test_joining_the_parts_of_a_split_gives_the_whole_shape(sizes, axis):
    shape = [2, 3, 4]
    shape[axis] = sum(sizes)
    whole = TensorSpec(tuple(shape))
    parts = Split(sizes=tuple(sizes), axis=axis).infer([whole])
    assert [part.shape[axis] for part in parts] == sizes
    assert Concat(axis=axis).infer(parts) == (whole,)


@given(perm=st.permutations(range(4)))
def test_a_transpose_and_its_inverse_keep_the_shape(perm):
    inverse = tuple(perm.index(axis) for axis in range(4))
    x = TensorSpec((2, 3, 5, 7))
    (turned,) = Transpose(perm=tuple(perm)).infer([x])
    assert turned.shape == tuple(x.shape[axis] for axis in perm)
    assert Transpose(perm=inverse).infer([turned]) == (x,)
