import numpy as np
import pytest
from small_net import small_graph
from varied_net import varied_graph

keras = pytest.importorskip("keras", exc_type=ImportError)
pytest.importorskip("tensorflow", exc_type=ImportError)
conversion = pytest.importorskip("pibench.models.conversion")
names = pytest.importorskip("pibench.models.conversion.names")
pytestmark = pytest.mark.filterwarnings("default")

GRAPH_NAMES = ["wide_resnet:depth=22,width=16", "a/b.tflite", "_a", "-", "", ".a", "100 %", "ä~>3A", "net-1.50"]


@pytest.mark.parametrize("name", GRAPH_NAMES)
def test_any_name_of_a_graph_goes_to_keras_and_back(name):
    model = conversion.to_keras(small_graph().renamed(name))
    assert conversion.from_keras(model).name == name


@pytest.mark.parametrize("name", ["net", "my_model-1.50", "a>b", "a b", "model%3A"])
def test_what_people_call_their_models_stays(name):
    assert names.graph_name(name) == name


def test_a_model_of_any_graphs_name_runs_within_tensorflows_scopes():
    for name in GRAPH_NAMES:
        model = conversion.to_keras(small_graph().renamed(name))
        assert model.predict(np.zeros((1, 8, 8, 3)), verbose=0).shape == (1, 10)


@pytest.mark.parametrize("backend", ["tensorflow", "torch"])
def test_layers_are_found_by_their_nodes_where_names_cannot_have_dots(backend, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    graph = varied_graph()
    model = conversion.to_keras(graph)
    assert any("." in layer.name for layer in model.layers) == (backend == "tensorflow")
    found = [names.node_name(conversion.layer_of(model, node.name).name) for node in graph.nodes]
    assert found == [node.name for node in graph.nodes]
