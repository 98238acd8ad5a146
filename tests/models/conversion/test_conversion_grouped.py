import numpy as np
import pytest

keras = pytest.importorskip("keras", exc_type=ImportError)
tf = pytest.importorskip("tensorflow", exc_type=ImportError)
conversion = pytest.importorskip("pibench.models.conversion")
pytestmark = pytest.mark.filterwarnings("default")

GROUPS = 3
RNG = np.random.default_rng(0)
X = RNG.standard_normal((3, 9, 9, 6)).astype("f")


@pytest.fixture
def convolutions(monkeypatch):
    """The kernels of all convolutions that pibench's layer computes, as on a machine without a GPU."""
    kernels = []
    convolve = conversion.GroupedConv2D.convolution_op
    monkeypatch.setattr(
        conversion.GroupedConv2D,
        "convolution_op",
        lambda self, x, kernel: kernels.append(kernel) or convolve(self, x, kernel),
    )
    monkeypatch.setattr(keras.distribution, "list_devices", lambda kind: [])
    return kernels


def both(**options):
    ours = conversion.GroupedConv2D(9, 3, groups=GROUPS, padding="same", bias_initializer="normal", **options)
    stock = keras.layers.Conv2D(9, 3, groups=GROUPS, padding="same", **options)
    for layer in (ours, stock):
        layer.build(X.shape)
    stock.set_weights(ours.get_weights())
    return ours, stock


OPTIONS = [{"strides": 2}, {"activation": "relu"}, {"dilation_rate": 2, "use_bias": False}]


@pytest.mark.parametrize("options", OPTIONS)
def test_groups_side_by_side_are_the_grouped_convolution(options, convolutions):
    ours, stock = both(**options)
    np.testing.assert_allclose(ours(X), stock(X), atol=1e-5)
    assert [tuple(kernel.shape) for kernel in convolutions] == GROUPS * [(3, 3, 2, 3)]


@pytest.mark.parametrize("options", OPTIONS)
def test_an_image_of_a_deployed_network_is_convolved_at_once(options, convolutions):
    ours, stock = both(**options)
    np.testing.assert_allclose(ours(X[:1]), stock(X[:1]), atol=1e-5)
    assert [tuple(kernel.shape) for kernel in convolutions] == [(3, 3, 2, 9)]


@pytest.mark.parametrize("options", OPTIONS)
def test_gradients_equal_keras_own(options, convolutions):
    layers = both(**options)
    weight = RNG.standard_normal(layers[1](X).shape).astype("f")
    found = []
    for layer in layers:
        x = tf.constant(X)
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(layer(x) * weight)
        found.append(tape.gradient(loss, [x, *(variable.value for variable in layer.trainable_variables)]))
    assert len(convolutions) == GROUPS
    for ours, stock in zip(*found, strict=True):
        np.testing.assert_allclose(ours, stock, rtol=1e-4, atol=1e-4)


def test_with_a_gpu_it_is_keras_own(convolutions, monkeypatch):
    monkeypatch.setattr(keras.distribution, "list_devices", lambda kind: ["gpu:0"])
    both()[0](X)
    assert len(convolutions) == 1
