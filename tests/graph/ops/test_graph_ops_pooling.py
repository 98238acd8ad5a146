import pytest

from pibench.errors import GraphError
from pibench.graph import TensorSpec
from pibench.graph.ops import AveragePool, GlobalAveragePool, MaxPool


@pytest.mark.parametrize("kind", [AveragePool, MaxPool])
@pytest.mark.parametrize(
    ("shape", "attributes", "output"),
    [
        ((1, 8, 8, 4), {"kernel": (2, 2), "stride": (2, 2)}, (1, 4, 4, 4)),
        ((1, 7, 9, 4), {"kernel": (2, 2), "stride": (2, 2)}, (1, 3, 4, 4)),
        ((1, 7, 9, 4), {"kernel": (2, 2), "stride": (2, 2), "padding": "same"}, (1, 4, 5, 4)),
        ((2, 8, 8, 4), {"kernel": (3, 3), "stride": (1, 1)}, (2, 6, 6, 4)),
        ((1, 8, 8, 4), {"kernel": (8, 8), "stride": (8, 8)}, (1, 1, 1, 4)),
        ((1, 8, 8, 4), {"kernel": (1, 2), "stride": (1, 2)}, (1, 8, 4, 4)),
    ],
)
def test_pooled_shapes_are_those_computed_by_hand(single, kind, shape, attributes, output):
    graph = single(kind(**attributes), shape)
    assert graph.spec("node") == TensorSpec(output)
    assert (graph.total_macs, graph.total_parameters) == (0, 0)


@pytest.mark.parametrize(("keep_dims", "output"), [(False, (2, 6)), (True, (2, 1, 1, 6))])
def test_global_pooling_leaves_one_value_per_channel(single, keep_dims, output):
    assert single(GlobalAveragePool(keep_dims=keep_dims), (2, 5, 7, 6)).spec("node").shape == output


@pytest.mark.parametrize(
    ("op", "kind"),
    [
        (AveragePool(kernel=(2, 2), stride=(2, 2)), "average_pool"),
        (MaxPool(kernel=(2, 2), stride=(2, 2)), "max_pool"),
        (GlobalAveragePool(), "global_average_pool"),
    ],
)
def test_only_images_are_pooled(single, op, kind):
    with pytest.raises(GraphError, match=rf"^node 'node' \({kind}\) .*rank 4, not shape 1×10"):
        single(op, (1, 10))


@pytest.mark.parametrize(("kind", "name"), [(AveragePool, "average_pool"), (MaxPool, "max_pool")])
def test_a_window_larger_than_the_image_is_refused(single, kind, name):
    with pytest.raises(GraphError, match=rf"^node 'node' \({name}\) .*window of 9 .* extent 8"):
        single(kind(kernel=(9, 9), stride=(1, 1)), (1, 8, 8, 4))


@pytest.mark.parametrize(
    ("op", "label"),
    [
        (AveragePool(kernel=(3, 3), stride=(2, 2)), "average_pool 3×3 /2"),
        (MaxPool(kernel=(1, 2), stride=(1, 2), activation="relu"), "max_pool 1×2 /1×2 + relu"),
        (GlobalAveragePool(), "global_average_pool"),
    ],
)
def test_labels_show_window_and_stride(op, label):
    assert op.label == label
