import numpy as np
import pytest

keras = pytest.importorskip("keras", exc_type=ImportError)
pytest.importorskip("tensorflow", exc_type=ImportError)
conversion = pytest.importorskip("pibench.models.conversion")
pytestmark = pytest.mark.filterwarnings("default")


@pytest.mark.parametrize("options", [{"strides": 2}, {"activation": "relu"}, {"dilation_rate": 2, "use_bias": False}])
def test_groups_side_by_side_are_the_grouped_convolution(options):
    x = np.random.default_rng(0).standard_normal((3, 9, 9, 6)).astype("f")
    ours = conversion.GroupedConv2D(9, 3, groups=3, padding="same", bias_initializer="normal", **options)
    stock = keras.layers.Conv2D(9, 3, groups=3, padding="same", **options)
    ours.build(x.shape)
    stock.build(x.shape)
    stock.set_weights(ours.get_weights())
    np.testing.assert_allclose(ours(x), stock(x), atol=1e-5)
    np.testing.assert_allclose(ours(x[:1]), stock(x[:1]), atol=1e-5)
