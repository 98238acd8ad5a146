import importlib
from pathlib import Path

import numpy as np
import pytest
from varied_net import varied_graph

from pibench.engine import open_engine
from pibench.engine.base import seeded_input
from pibench.errors import ConversionError, SubjectError
from pibench.models.architectures import architectures
from pibench.subject import load_graph
from pibench.tflite import random_weights, write

keras = pytest.importorskip("keras", exc_type=ImportError)
pytest.importorskip("tensorflow", exc_type=ImportError)
conversion = pytest.importorskip("pibench.models.conversion")
export = pytest.importorskip("pibench.models.conversion.export")
pytestmark = pytest.mark.filterwarnings("default")

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


def trained(graph):
    """A model with a free batch and batch-norm statistics that are not the initial ones."""
    model = conversion.to_keras(graph)
    conversion.load_weights(model, graph, random_weights(graph, seed=1))
    return model


def smallest(architecture):
    """Its shallowest network, some channels wide."""
    width = {"width": 8} if "width" in architecture.defaults else {}
    for depth in range(1, 60):
        try:
            return architecture(**width, depth=depth)
        except SubjectError:
            continue
    return architecture(**width)


def output_of(content, image, path, runtime):
    path.write_bytes(content)
    with open_engine(runtime, str(path)) as engine:
        engine.write_input(0, image)
        engine.run(1)
        return engine.read_output(0)


@pytest.mark.slow
@pytest.mark.parametrize("name", architectures())
def test_the_converters_file_and_the_written_one_are_what_keras_computes(name, runtime, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    converter = importlib.import_module("converter")
    graph = smallest(architectures()[name])
    model = trained(graph)
    converted = conversion.convert(model)
    written = write(graph, conversion.weights_of(model, graph))
    rows = [converter.operator_rows(content) for content in (converted, written)]
    assert converter.difference(*rows) == ""
    image = seeded_input(graph.output_specs(graph.inputs[0])[0], seed=1)
    wanted = model.predict(image, verbose=0)
    for content in (converted, written):
        got = output_of(content, image, tmp_path / "model.tflite", runtime)
        np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.slow
def test_an_exported_file_has_batch_1_and_operations_of_tflite_alone(tmp_path):
    path = tmp_path / "varied.tflite"
    model = trained(varied_graph())
    conversion.export_tflite(model, path)
    graph = load_graph(str(path))
    assert [graph.spec(node.name).shape for node in graph.inputs] == [(1, 8, 8, 6)]
    assert not graph.opaque


@pytest.mark.slow
def test_an_int8_export_is_int8_throughout(tmp_path):
    graph = varied_graph()
    images = [seeded_input(graph.output_specs(graph.inputs[0])[0], seed) for seed in range(4)]
    path = tmp_path / "varied.tflite"
    conversion.export_tflite(trained(graph), path, images)
    exported = load_graph(str(path))
    assert {exported.spec(ref).dtype for node in exported.nodes for ref in exported.output_refs(node)} == {"int8"}


@pytest.mark.slow
def test_a_model_of_many_inputs_keeps_them(tmp_path):
    first, second = keras.Input((4, 4, 2), name="first"), keras.Input((4, 4, 2), name="second")
    model = keras.Model([first, second], keras.layers.Add()([first, second]))
    conversion.export_tflite(model, tmp_path / "two.tflite")
    assert len(load_graph(str(tmp_path / "two.tflite")).inputs) == 2


@pytest.mark.slow
def test_what_tflite_has_no_operation_for_is_refused():
    x = keras.Input((4, 4, 2))
    model = keras.Model(x, keras.layers.Lambda(keras.ops.erfinv)(x), name="odd")
    with pytest.raises(ConversionError, match="cannot convert model 'odd'"):
        conversion.convert(model)


@pytest.mark.slow
def test_a_path_that_cannot_be_written_is_named(tmp_path):
    model = keras.Sequential([keras.Input((4, 4, 2)), keras.layers.ReLU()])
    with pytest.raises(ConversionError, match=r"cannot write .*missing/model.tflite: No such file"):
        conversion.export_tflite(model, tmp_path / "missing" / "model.tflite")


def test_int8_needs_an_input_to_look_at():
    model = keras.Sequential([keras.Input((4, 4, 2)), keras.layers.ReLU()])
    with pytest.raises(ConversionError, match="at least one representative input"):
        conversion.convert(model, [])


def test_without_tensorflow_the_message_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(export.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConversionError, match=r"pip install 'pibench\[train\]'"):
        conversion.convert(keras.Sequential([keras.Input((4, 4, 2)), keras.layers.ReLU()]))
