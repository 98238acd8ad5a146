import math

import numpy as np
import pytest
from varied_net import varied_graph

from pibench.errors import ConversionError
from pibench.graph import Graph, GraphBuilder, Node, TensorSpec, ops, quantised
from pibench.models.architectures import build
from pibench.tflite.lower import lower

keras = pytest.importorskip("keras", exc_type=ImportError)
pytest.importorskip("tensorflow", exc_type=ImportError)
conversion = pytest.importorskip("pibench.models.conversion")
pytestmark = pytest.mark.filterwarnings("default")


def images(model, count=4):
    return np.random.default_rng(0).standard_normal((count, *model.input_shape[1:]), np.float32)


def net_of(*layers):
    net = GraphBuilder("net")
    x = net.input((1, 8, 8, 4))
    for layer in layers:
        x = layer(net, x)
    return net.build(x)


def test_layers_are_called_as_the_nodes():
    graph = varied_graph()
    assert {layer.name for layer in conversion.to_keras(graph).layers} == {node.name for node in graph.nodes}


def test_every_layer_makes_the_shape_of_its_node():
    graph = varied_graph()
    model = conversion.to_keras(graph, batch=1)
    for node in graph.nodes:
        made = model.get_layer(node.name).output
        shapes = [tuple(t.shape) for t in (made if isinstance(made, (list, tuple)) else [made])]
        assert shapes == [spec.shape for spec in graph.output_specs(node)], node.name


@pytest.mark.parametrize("spec", ["mobilenet_v1:depth=3,width=4,se=2", "wide_resnet:depth=10,width=4"])
def test_parameters_are_the_graphs(spec):
    graph = build(spec)
    model = conversion.to_keras(graph)
    assert model.count_params() == graph.total_parameters
    assert sum(math.prod(w.shape) for w in model.trainable_weights) == graph.trainable_parameters


def test_the_batch_is_free_and_images_do_not_mix():
    model = conversion.to_keras(varied_graph())
    x = images(model)
    together = model.predict(x, verbose=0)
    alone = np.concatenate([model.predict(x[k : k + 1], verbose=0) for k in range(4)])
    np.testing.assert_allclose(together, alone, atol=1e-6)
    assert np.ptp(together, axis=0).max() > 1e-4


def test_a_model_with_every_operation_trains():
    model = conversion.to_keras(varied_graph())
    model.compile("sgd", "sparse_categorical_crossentropy")
    before = [np.array(w) for w in model.trainable_weights]
    model.fit(images(model), np.arange(4), verbose=0)
    changed = [not np.array_equal(old, new) for old, new in zip(before, model.trainable_weights, strict=True)]
    assert np.mean(changed) > 0.8  # a bias ahead of batch norm or a ReLU that is off may stay


def test_a_saved_model_opens_and_predicts_the_same(tmp_path):
    model = conversion.to_keras(varied_graph())
    model.save(tmp_path / "varied.keras")
    x = images(model)
    opened = keras.models.load_model(tmp_path / "varied.keras")
    np.testing.assert_array_equal(opened.predict(x, verbose=0), model.predict(x, verbose=0))
    assert conversion.from_keras(opened) == conversion.from_keras(model)


def test_a_clone_is_the_same_network():
    model = conversion.to_keras(varied_graph())
    assert conversion.from_keras(keras.models.clone_model(model)) == conversion.from_keras(model)


def test_batch_norm_has_the_graphs_momentum_and_epsilon():
    layer = conversion.to_keras(varied_graph()).get_layer("a_grouped.bn")
    assert (layer.momentum, layer.epsilon) == (0.9, 1e-5)


def test_kernels_are_drawn_as_the_thesis_drew_them_for_the_architecture():
    glorot = conversion.to_keras(build("mobilenet_v1:depth=3,width=64"))
    kernel = np.array(glorot.get_layer("stage3.block1.pointwise.conv").kernel)
    limit = math.sqrt(6 / (128 + 256))
    assert 0.98 * limit < np.abs(kernel).max() <= limit

    wide = conversion.to_keras(build("wide_resnet:depth=10,width=32"))
    kernel = np.array(wide.get_layer("stage3.block1.conv2.conv").kernel)
    assert kernel.std() == pytest.approx(math.sqrt(2 / (9 * 128)), rel=0.02)
    dense = np.array(wide.get_layer("head.logits").kernel)
    assert 0.9 / math.sqrt(128) < np.abs(dense).max() <= 1 / math.sqrt(128)


@pytest.mark.parametrize("spec", ["densenet:depth=22,growth=24", "condensenet:stages=2-2-2,growth=8-16-32"])
def test_what_the_thesis_trained_with_pytorch_is_drawn_as_there(spec):
    graph = build(spec)
    model = conversion.to_keras(graph)
    convolutions = [node for node in graph.nodes if isinstance(node.op, ops.Conv)]
    largest = max(convolutions, key=lambda node: graph.weights(node)[0].elements)
    kernel = np.array(conversion.layer_of(model, largest.name).kernel)
    deviation = math.sqrt(2 / (math.prod(largest.op.kernel) * largest.op.filters))
    assert kernel.std() == pytest.approx(deviation, rel=0.03)
    assert np.abs(kernel).max() > 2.5 * deviation  # a truncated one ends at 2.27
    dense = np.array(conversion.layer_of(model, "head.logits").kernel)
    assert 0.9 < np.abs(dense).max() * math.sqrt(len(dense)) <= 1


def test_a_network_that_was_read_back_is_drawn_as_the_thesis_drew_it():
    back = conversion.from_keras(conversion.to_keras(build("wide_resnet:depth=10,width=4")))
    assert conversion.initialisers_of(back) is conversion.WIDE_RESNET


def test_layers_have_their_channels_last_whatever_the_users_keras_says():
    graph = varied_graph()
    wanted = conversion.to_keras(graph).output_shape
    keras.config.set_image_data_format("channels_first")
    try:
        model = conversion.to_keras(graph)
    finally:
        keras.config.set_image_data_format("channels_last")
    assert {getattr(layer, "data_format", "channels_last") for layer in model.layers} == {"channels_last"}
    assert model.output_shape == wanted


def test_initialisers_can_be_given():
    zeros = conversion.Initialisers(conv=keras.initializers.Zeros)
    model = conversion.to_keras(build("wide_resnet:depth=10,width=4"), initialisers=zeros)
    assert not np.any(model.get_layer("stem.conv").kernel)


def test_constants_become_weights_that_do_not_train():
    graph = Graph(
        "constants",
        [
            Node("image", ops.Input(shape=(1, 2, 2, 3))),
            Node("scale", ops.Multiply(constant=(3,)), ("image",)),
            Node("shift", ops.Add(constant=()), ("scale",)),
        ],
        ["shift"],
    )
    model = conversion.to_keras(graph)
    conversion.load_weights(model, graph, {"scale/constant": np.float32([1, 2, 3]), "shift/constant": np.float32(5)})
    np.testing.assert_array_equal(model.predict(np.ones((2, 2, 2, 3)), verbose=0)[1, 1, 1], [6, 7, 8])
    assert not model.trainable_weights


OPAQUE = ops.Opaque(name="CUMSUM", outputs=(TensorSpec((1, 8, 8, 4)),))


@pytest.mark.parametrize(
    ("graph", "complaint"),
    [
        (net_of(lambda net, x: net.add(OPAQUE, x, name="sums")[0]), r"node 'sums' \(CUMSUM\) has no counterpart"),
        (lower(build("mobilenet_v1:depth=3")).graph, r"'stem.conv' \(conv 3×3 \+ relu\) is of a deployed graph"),
        (quantised(build("mobilenet_v1:depth=3")), "is not float32"),
        (net_of(lambda net, x: net.reshape(x, (8, 8, 4))), r"'reshape' \(reshape\) acts across the batch"),
        (net_of(lambda net, x: net.transpose(x, (1, 0, 2, 3))), "acts across the batch"),
        (net_of(lambda net, x: net.concat(x, x, axis=0)), "acts across the batch"),
        (net_of(lambda net, x: net.pad(x, ((1, 0), (0, 0), (0, 0), (0, 0)))), "acts across the batch"),
        (net_of(lambda net, x: net.conv(x, 4, name="a/b")), "'a/b' .* cannot be a layer"),
    ],
)
def test_what_keras_cannot_say_is_refused_by_name(graph, complaint):
    with pytest.raises(ConversionError, match=complaint):
        conversion.to_keras(graph)
