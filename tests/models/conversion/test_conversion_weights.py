import numpy as np
import pytest
from varied_net import varied_graph

from pibench.errors import ConversionError
from pibench.models.architectures import build
from pibench.tflite import random_weights

keras = pytest.importorskip("keras", exc_type=ImportError)
pytest.importorskip("tensorflow", exc_type=ImportError)
conversion = pytest.importorskip("pibench.models.conversion")
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture
def graph():
    return varied_graph()


@pytest.fixture
def model(graph):
    return conversion.to_keras(graph)


def test_weights_that_were_loaded_are_read_back(model, graph):
    given = random_weights(graph, seed=3)
    conversion.load_weights(model, graph, given)
    found = conversion.weights_of(model, graph)
    assert found.keys() == given.keys()
    for name, values in found.items():
        np.testing.assert_array_equal(values, given[name])


def test_a_model_of_another_network_is_refused(model):
    with pytest.raises(ConversionError, match=r"has no stem.conv/kernel, which graph 'wide_resnet"):
        conversion.weights_of(model, build("wide_resnet:depth=10,width=4"))


def test_a_model_of_another_width_is_refused():
    model = conversion.to_keras(build("mobilenet_v1:depth=3,width=4"))
    with pytest.raises(ConversionError, match=r"has stage1.block1.pointwise.conv/kernel of shape"):
        conversion.weights_of(model, build("mobilenet_v1:depth=3,width=8"))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda weights: weights.pop("e_head.dense/bias"), "the weights lack e_head.dense/bias"),
        (lambda weights: weights.update({"e_head.dense/bias": np.zeros(3)}), r"of shape \(3,\), it is \(10,\)"),
    ],
)
def test_wrong_weights_change_nothing(model, graph, change, complaint):
    before = conversion.weights_of(model, graph)
    weights = random_weights(graph)
    change(weights)
    with pytest.raises(ConversionError, match=complaint):
        conversion.load_weights(model, graph, weights)
    for name, values in conversion.weights_of(model, graph).items():
        np.testing.assert_array_equal(values, before[name])


def test_what_a_layer_has_as_a_number_cannot_be_loaded():
    model = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Rescaling(2.0, name="scale")])
    graph = conversion.from_keras(model)
    same = conversion.weights_of(model, graph)
    conversion.load_weights(model, graph, same)
    with pytest.raises(ConversionError, match="scale/constant as a fixed number"):
        conversion.load_weights(model, graph, {"scale/constant": np.float32(3)})
