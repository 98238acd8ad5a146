import numpy as np
import pytest
from varied_net import varied_graph

from pibench.engine import open_engine
from pibench.errors import ConversionError
from pibench.graph import GraphBuilder, ops
from pibench.models.architectures import architectures, build
from pibench.tflite import write

keras = pytest.importorskip("keras", exc_type=ImportError)
pytest.importorskip("tensorflow", exc_type=ImportError)
conversion = pytest.importorskip("pibench.models.conversion")
in_converters_order = pytest.importorskip("pibench.models.conversion.order").in_converters_order
layers = keras.layers
pytestmark = pytest.mark.filterwarnings("default")

SPECS = [*architectures(), "mobilenet_v1:se=2,skip=true,dropout=0.2", "wide_resnet:se=2,se_on=shortcut"]


@pytest.mark.parametrize("spec", SPECS)
def test_there_and_back_is_the_same_graph(spec):
    graph = build(spec)
    assert conversion.from_keras(conversion.to_keras(graph)) == graph


def test_every_operation_comes_back_in_the_converters_order():
    graph = varied_graph()
    assert conversion.from_keras(conversion.to_keras(graph)) == in_converters_order(graph)


def test_inputs_and_outputs_come_back_in_their_order():
    net = GraphBuilder("two")
    late, early = (net.input((1, 4, 4, channels), name) for channels, name in ((2, "z"), (3, "a")))
    graph = net.build(net.activation(late, "relu", name="y"), net.activation(early, "relu6", name="b"))
    back = conversion.from_keras(conversion.to_keras(graph))
    assert [node.name for node in back.inputs] == ["z", "a"]
    assert back.outputs == ("y", "b")


def model_of(*stack, shape=(8, 8, 4)):
    x = image = keras.Input(shape, name="image")
    for layer in stack:
        x = layer(x)
    return keras.Model(image, x, name="net")


def nodes_of(*stack, shape=(8, 8, 4)):
    return [(node.name, node.op) for node in conversion.from_keras(model_of(*stack, shape=shape)).nodes[1:]]


@pytest.mark.parametrize(
    ("layer", "nodes"),
    [
        (
            lambda: layers.Conv2D(6, 3, strides=2, groups=2, activation="relu", name="c"),
            [
                ("c", ops.Conv(filters=6, kernel=(3, 3), stride=(2, 2), padding="valid", groups=2, bias=True)),
                ("c.relu", ops.Activation(function="relu")),
            ],
        ),
        (
            lambda: layers.SeparableConv2D(6, 3, padding="same", depth_multiplier=2, use_bias=False, name="s"),
            [
                ("s.depthwise", ops.DepthwiseConv(kernel=(3, 3), multiplier=2)),
                ("s.pointwise", ops.Conv(filters=6, kernel=(1, 1))),
            ],
        ),
        (
            lambda: layers.Dense(5, activation="softmax", name="d"),
            [("d", ops.Dense(units=5, bias=True)), ("d.softmax", ops.Softmax())],
        ),
        (lambda: layers.ReLU(6, name="r"), [("r", ops.Activation(function="relu6"))]),
        (lambda: layers.ReLU(name="r"), [("r", ops.Activation(function="relu"))]),
        (
            lambda: layers.ReLU(negative_slope=0.5, name="r"),
            [("r", ops.Activation(function="leaky_relu", slope=0.5))],
        ),
        (
            lambda: layers.LeakyReLU(negative_slope=0.25, name="r"),
            [("r", ops.Activation(function="leaky_relu", slope=0.25))],
        ),
        (
            lambda: layers.Activation("leaky_relu", name="r"),
            [("r", ops.Activation(function="leaky_relu", slope=0.2))],
        ),
        (lambda: layers.Activation("hard_swish", name="h"), [("h", ops.Activation(function="hard_swish"))]),
        (
            lambda: layers.Activation("swish", name="h"),
            [("h.sigmoid", ops.Activation(function="sigmoid")), ("h", ops.Multiply())],
        ),
        (lambda: layers.Activation("linear"), []),
        (
            lambda: layers.ZeroPadding2D(((0, 1), (2, 3)), name="p"),
            [("p", ops.Pad(paddings=((0, 0), (0, 1), (2, 3), (0, 0))))],
        ),
        (
            lambda: layers.Cropping2D(((1, 2), (3, 0)), name="p"),
            [("p", ops.Slice(begin=(0, 1, 3, 0), size=(1, 5, 5, 4)))],
        ),
        (lambda: layers.GlobalAveragePooling2D(name="g"), [("g", ops.GlobalAveragePool())]),
        (
            lambda: layers.GlobalAveragePooling2D(keepdims=True, name="g"),
            [("g", ops.GlobalAveragePool(keep_dims=True))],
        ),
        (
            lambda: layers.MaxPooling2D(3, 2, "same", name="m"),
            [("m", ops.MaxPool(kernel=(3, 3), stride=(2, 2), padding="same"))],
        ),
        (lambda: layers.AveragePooling2D(2, name="m"), [("m", ops.AveragePool(kernel=(2, 2), stride=(2, 2)))]),
        (lambda: layers.Flatten(name="f"), [("f", ops.Reshape(shape=(1, 256)))]),
        (lambda: layers.Reshape((-1, 16), name="f"), [("f", ops.Reshape(shape=(1, 16, 16)))]),
        (lambda: layers.Permute((2, 1, 3), name="t"), [("t", ops.Transpose(perm=(0, 2, 1, 3)))]),
        (lambda: layers.Rescaling(1 / 255, name="n"), [("n", ops.Multiply(constant=()))]),
        (
            lambda: layers.Rescaling([2.0, 2, 2, 2], -1, name="n"),
            [("n.scale", ops.Multiply(constant=(4,))), ("n.offset", ops.Add(constant=()))],
        ),
        (lambda: layers.Dropout(0.2, name="d"), [("d", ops.Dropout(rate=0.2))]),
        (lambda: layers.SpatialDropout2D(0.2), []),
        (lambda: layers.GaussianNoise(0.2), []),
        (lambda: lambda x: x + 3.0, [("add", ops.Add(constant=()))]),
        (lambda: layers.Normalization(1, mean=[0] * 8, variance=[1] * 8, name="n"), [
            ("n.shift", ops.Add(constant=(8, 1, 1))), ("n.scale", ops.Multiply(constant=(8, 1, 1))),
        ]),
        (lambda: layers.Normalization(None, mean=1, variance=2, name="n"), [
            ("n.shift", ops.Add(constant=())), ("n.scale", ops.Multiply(constant=())),
        ]),
        (lambda: lambda x: layers.Add()([x]), []),
        (lambda: layers.Activation(keras.ops.relu, name="r"), [("r", ops.Activation(function="relu"))]),
        (lambda: keras.ops.relu6, [("relu6", ops.Activation(function="relu6"))]),
        (lambda: keras.ops.hard_sigmoid, [("hard_sigmoid", ops.Activation(function="hard_sigmoid"))]),
        (lambda: keras.ops.hard_swish, [("hard_silu", ops.Activation(function="hard_swish"))]),
        (lambda: lambda x: 2 * x, [("multiply", ops.Multiply(constant=()))]),
        (lambda: lambda x: keras.ops.mean(x, (1, 2)), [("mean", ops.GlobalAveragePool())]),
        (lambda: lambda x: keras.ops.transpose(x, (0, 2, 1, 3)), [("transpose", ops.Transpose(perm=(0, 2, 1, 3)))]),
        (lambda: lambda x: keras.ops.reshape(x, (-1, 256)), [("reshape", ops.Reshape(shape=(1, 256)))]),
    ],
)  # fmt: skip
def test_a_layer_becomes_these_nodes(layer, nodes):
    keras.backend.clear_session()  # names of operations begin anew
    assert nodes_of(layer()) == nodes


def test_tensors_are_joined_and_split():
    keras.backend.clear_session()
    image = keras.Input((4, 4, 6), name="image")
    a, b = keras.ops.split(image, 2, axis=-1)
    c, _, e = keras.ops.split(image, [1, 3], axis=-1)
    x = layers.Concatenate(name="joined")([a * b, c, e])
    graph = conversion.from_keras(keras.Model(image, layers.Add(name="sum")([x, x, x])))
    found = {node.name: node for node in graph.nodes}
    assert found["split"].op == ops.Split(sizes=(3, 3))
    assert found["split_1"].op == ops.Split(sizes=(1, 2, 3))
    assert found["multiply"].inputs == ("split:0", "split:1")
    assert found["joined"].inputs == ("multiply", "split_1:0", "split_1:2")
    assert (found["sum.partial"].inputs, found["sum"].inputs) == (("joined", "joined"), ("sum.partial", "joined"))


def test_nested_models_are_taken_apart():
    inner = keras.Sequential([keras.Input((8, 8, 4)), layers.Conv2D(3, 1, name="conv")], name="inner")
    outer = model_of(inner, layers.Conv2D(2, 1, name="conv"))
    assert [node.name for node in conversion.from_keras(outer).nodes] == ["image", "inner.conv", "conv"]


def test_inputs_of_nested_models_are_not_mixed_up():
    late, early = keras.Input((2,), name="z"), keras.Input((2,), name="a")
    inner = keras.Model([late, early], layers.Concatenate(name="joined")([2 * late, early]), name="inner")
    x, y = keras.Input((2,), name="x"), keras.Input((2,), name="y")
    graph = conversion.from_keras(keras.Model([x, y], inner([x, y])))
    assert {node.name: node.inputs for node in graph.nodes}["inner.joined"][1] == "y"
    with pytest.raises(ConversionError, match=r"layer 'inner' \(Functional\) is called with a dictionary"):
        conversion.from_keras(keras.Model([x, y], inner({"z": x, "a": y})))


def test_a_sequential_model_is_read():
    model = keras.Sequential([keras.Input((8, 8, 4)), layers.Conv2D(3, 1), layers.Flatten(), layers.Dense(2)])
    assert [node.op.kind for node in conversion.from_keras(model).nodes] == ["input", "conv", "reshape", "dense"]


def test_a_layer_without_weights_may_be_called_twice():
    relu = layers.ReLU(name="relu")
    assert [name for name, _ in nodes_of(relu, relu)] == ["relu", "relu_2"]


def test_a_users_network_is_written_with_its_weights_and_computes_the_same(tmp_path):
    keras.utils.set_random_seed(1)
    x = image = keras.Input((16, 16, 3), name="image")
    x = layers.Rescaling(2.0, offset=-1)(x)
    x = layers.Normalization(mean=[0.1, 0.2, 0.3], variance=[0.5, 1, 2])(x)
    x = layers.Normalization((1, 3), mean=np.random.rand(16, 3), variance=np.random.rand(16, 3) + 0.5)(x)
    x = layers.Conv2D(8, 3, padding="same", activation="relu")(x)
    y = layers.SeparableConv2D(8, 3, padding="same")(x)
    y = layers.BatchNormalization(
        scale=False, gamma_initializer="normal", moving_variance_initializer=keras.initializers.RandomUniform(0.5, 2)
    )(y)
    x = layers.Activation("swish")(layers.add([x, y, x]))
    x = layers.MaxPooling2D(2)(x)
    model = keras.Model(image, layers.Dense(4, activation="softmax")(layers.Flatten()(x)))
    graph = conversion.from_keras(model)
    path = tmp_path / "model.tflite"
    path.write_bytes(write(graph, conversion.weights_of(model, graph)))
    picture = np.random.default_rng(0).random((1, 16, 16, 3), np.float32)
    with open_engine("litert", str(path)) as engine:
        engine.write_input(0, picture)
        engine.run(1)
        np.testing.assert_allclose(engine.read_output(0), model.predict(picture, verbose=0), atol=1e-4)


@keras.saving.register_keras_serializable()
class ScaledConv2D(layers.Conv2D):
    def call(self, inputs):
        return 2 * super().call(inputs)


class Subclassed(keras.Model):
    def call(self, inputs):
        return inputs


class DoubledSequential(keras.Sequential):
    def call(self, inputs, training=None, mask=None):
        return 2 * super().call(inputs, training, mask)


class NamedSequential(keras.Sequential):
    """Does what its layers do."""


def small_inner(**options):
    return keras.Sequential([keras.Input((8, 8, 4), **options), layers.Dropout(0.5)], name="inner")


def relu(x):
    return keras.ops.minimum(x, 1)


CONSTANT = np.ones((1, 8, 8, 4), np.float32)


@pytest.mark.parametrize(
    ("stack", "complaint"),
    [
        ([layers.Reshape((8, 32)), layers.LSTM(4, name="lstm")], r"layer 'lstm' \(LSTM\) has no counterpart"),
        ([layers.Lambda(lambda x: x, name="f")], r"layer 'f' \(Lambda\)"),
        ([ScaledConv2D(2, 1, name="mine")], r"layer 'mine' \(ScaledConv2D\)"),
        ([layers.Activation("tanh", name="t")], r"layer 't' \(Activation\) has the activation 'tanh'"),
        ([layers.Conv2D(2, 1, activation="gelu", name="c")], "layer 'c' .* 'gelu'"),
        ([layers.ReLU(max_value=1, name="r")], "layer 'r' .* ends at 1"),
        ([layers.Softmax(axis=1, name="s")], "layer 's' .* axis 1"),
        ([layers.BatchNormalization(axis=1, name="b")], "layer 'b' .* normalises axis 1"),
        ([layers.MaxPooling2D(2, data_format="channels_first", name="m")], "layer 'm' .* channels_first"),
        ([layers.Normalization(mean=0, variance=1, invert=True, name="n")], r"layer 'n' \(Normalization\) is inverted"),
        ([lambda x: layers.BatchNormalization(name="b")(x, training=True)], "layer 'b' .* training=True"),
        ([layers.RandomFlip(name="flip")], "layer 'flip'"),
        ([layers.Activation(relu, name="r")], "layer 'r' .* activation 'relu', which is none of Keras'"),
        ([layers.Conv2D(4, 1, activation=relu, name="c")], "layer 'c' .* activation 'relu', which is none of Keras'"),
        ([lambda x: small_inner()(x, training=True)], r"layer 'inner' \(Sequential\) is called with training=True"),
        ([DoubledSequential([keras.Input((8, 8, 4)), layers.ReLU()], name="d")], "model 'd' .* is not"),
        ([small_inner(dtype="float64")], "an input of model 'inner' has float64 tensors"),
        ([lambda x: layers.Add(name="a")([x, x, CONSTANT])], "layer 'a' .* called with more than tensors"),
        ([lambda x: layers.Concatenate(name="a")([x, CONSTANT])], "layer 'a' .* called with more than tensors"),
        ([lambda x: keras.ops.concatenate([x, CONSTANT])], r"\(Concatenate\) is called with more than tensors"),
        ([layers.ReLU(name="half", dtype="float16")], "layer 'half' .* float16"),
        ([layers.Conv2D(2, 1, name="c", dtype="mixed_float16")], "layer 'c' .* float16"),
    ],
)  # fmt: skip
def test_what_a_graph_cannot_say_is_refused_by_name(stack, complaint):
    with pytest.raises(ConversionError, match=complaint):
        conversion.from_keras(model_of(*stack))


def test_shared_weights_are_refused():
    conv = layers.Conv2D(4, 1, name="shared")
    with pytest.raises(ConversionError, match=r"layer 'shared' .* more than once"):
        conversion.from_keras(model_of(conv, conv))


def test_sizes_must_be_fixed():
    with pytest.raises(ConversionError, match=r"input 'image' has shape .*None"):
        conversion.from_keras(model_of(layers.Conv2D(2, 1), shape=(None, None, 4)))


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float16", "float64"])
def test_inputs_of_other_types_are_refused(dtype):
    image = keras.Input((8, 8, 4), dtype=dtype)
    with pytest.raises(ConversionError, match=f"an input of model 'net' has {dtype} tensors"):
        conversion.from_keras(keras.Model(image, layers.Rescaling(1 / 255)(image), name="net"))


def test_what_mixes_images_is_refused():
    image = keras.Input(batch_shape=(2, 8, 8, 4))
    with pytest.raises(ConversionError, match=r"layer 'joined' .* shape \(1, 8, 8, 4\), which a graph would .*\(2,"):
        conversion.from_keras(keras.Model(image, layers.Concatenate(0, name="joined")([image, image])))


def test_a_class_that_calls_nothing_of_its_own_is_read():
    model = NamedSequential([keras.Input((8, 8, 4)), layers.ReLU(name="r")])
    assert [node.name for node in conversion.from_keras(model).nodes[1:]] == ["r"]


@pytest.mark.parametrize(
    "model",
    [
        Subclassed(name="mine"),
        keras.Sequential([layers.Dense(2)], name="mine"),
        DoubledSequential([keras.Input((8, 8, 4)), layers.ReLU()], name="mine"),
    ],
)
def test_models_without_a_graph_are_refused(model):
    with pytest.raises(ConversionError, match="model 'mine'"):
        conversion.from_keras(model)
