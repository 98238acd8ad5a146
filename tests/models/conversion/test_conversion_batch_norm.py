import numpy as np
import pytest

keras = pytest.importorskip("keras", exc_type=ImportError)
pytest.importorskip("tensorflow", exc_type=ImportError)
conversion = pytest.importorskip("pibench.models.conversion")
batch_norm = pytest.importorskip("pibench.models.conversion.batch_norm")
pytestmark = pytest.mark.filterwarnings("default")

RNG = np.random.default_rng(0)
X = RNG.standard_normal((12, 5, 7, 3)).astype("f") * 3 + 1


@pytest.fixture
def fused_calls(monkeypatch):
    """Counts the batches that went through the fused kernel."""
    calls = []
    kernel = batch_norm._KERNELS["tensorflow"]
    monkeypatch.setitem(batch_norm._KERNELS, "tensorflow", lambda *a: calls.append(a) or kernel(*a))
    return calls


def both(shape=X.shape, **options):
    layers = [kind(**options) for kind in (conversion.FusedBatchNormalization, keras.layers.BatchNormalization)]
    gamma, beta = RNG.uniform(0.5, 2, shape[-1]), RNG.normal(size=shape[-1])
    for layer in layers:
        layer.build(shape)
        layer.set_weights([gamma, beta, np.zeros(shape[-1]), np.ones(shape[-1])][: len(layer.weights)])
    return layers


def assert_alike(ours, stock, x, **arguments):
    outputs = (np.asarray(layer(x, **arguments), np.float32) for layer in (ours, stock))
    np.testing.assert_allclose(*outputs, atol=2e-5)
    for own, theirs in zip(ours.weights, stock.weights, strict=True):
        np.testing.assert_allclose(own, theirs, rtol=1e-5, atol=1e-6)


def test_a_training_step_is_fused_and_equals_keras_own(fused_calls):
    ours, stock = both(momentum=0.9, epsilon=1e-2)
    for _ in range(3):
        assert_alike(ours, stock, X, training=True)
    assert len(fused_calls) == 3


def test_gradients_equal_keras_own(fused_calls):
    tf = pytest.importorskip("tensorflow")
    weight = RNG.standard_normal(X.shape).astype("f")
    found = []
    for layer in both():
        x = tf.constant(X)
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(layer(x, training=True) * weight)
        found.append(tape.gradient(loss, [x, layer.gamma.value, layer.beta.value]))
    for ours, stock in zip(*found, strict=True):
        np.testing.assert_allclose(ours, stock, rtol=1e-3, atol=1e-4)
    assert len(fused_calls) == 1


def test_pytorchs_kernel_computes_what_tensorflows_does():
    torch = pytest.importorskip("torch", exc_type=ImportError)
    scales = [RNG.uniform(0.5, 2, 3).astype("f"), RNG.standard_normal(3).astype("f")]
    by_torch = batch_norm._torch_kernel(*map(torch.from_numpy, (X, *scales)), 1e-2)
    for ours, theirs in zip(by_torch, batch_norm._tensorflow_kernel(X, *scales, 1e-2), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


def test_inference_is_keras_own(fused_calls):
    ours, stock = both()
    for _ in range(2):
        assert_alike(ours, stock, X, training=True)
    assert_alike(ours, stock, X, training=False)
    assert len(fused_calls) == 2


def test_a_frozen_layer_keeps_its_statistics(fused_calls):
    ours, stock = both()
    ours.trainable = stock.trainable = False
    assert_alike(ours, stock, X, training=True)
    assert not fused_calls


@pytest.mark.parametrize(
    ("x", "options"),
    [
        (X[:, 0, 0], {}),
        (X, {"axis": 1}),
        (X, {"dtype": "mixed_bfloat16"}),
        (X[:1, :1, :1], {}),
    ],
    ids=["rank 2", "another axis", "reduced precision", "one value per channel"],
)
def test_what_the_kernel_does_not_cover_is_keras_own(x, options, fused_calls):
    ours, stock = (kind(**options) for kind in (conversion.FusedBatchNormalization, keras.layers.BatchNormalization))
    assert_alike(ours, stock, x, training=True)
    assert not fused_calls


def test_a_layer_without_scale_or_offset_is_keras_own(fused_calls):
    ours, stock = (
        kind(scale=False, center=False)
        for kind in (conversion.FusedBatchNormalization, keras.layers.BatchNormalization)
    )
    assert_alike(ours, stock, X, training=True)
    assert not fused_calls


def test_fit_follows_the_same_curve_as_keras_own():
    def losses(kind):
        keras.utils.set_random_seed(0)
        model = keras.Sequential(
            [keras.Input(X.shape[1:]), keras.layers.Conv2D(4, 3), kind(), keras.layers.Flatten(), keras.layers.Dense(1)]
        )
        model.compile(keras.optimizers.SGD(0.01), "mse")
        return model.fit(X, X.mean((1, 2, 3)), batch_size=4, epochs=4, shuffle=False, verbose=0).history["loss"]

    np.testing.assert_allclose(
        losses(conversion.FusedBatchNormalization), losses(keras.layers.BatchNormalization), rtol=1e-4
    )
