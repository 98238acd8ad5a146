import errno
import os

import numpy as np
import pytest
import tflite
from varied_net import varied_graph

from pibench.engine import open_engine
from pibench.engine.base import seeded_input
from pibench.errors import ConversionError, SubjectError
from pibench.graph import GraphBuilder
from pibench.models.architectures import architectures
from pibench.subject import load_graph
from pibench.tflite import write

keras = pytest.importorskip("keras", exc_type=ImportError)
pytest.importorskip("tensorflow", exc_type=ImportError)
conversion = pytest.importorskip("pibench.models.conversion")
export = pytest.importorskip("pibench.models.conversion.export")
keras_twin = pytest.importorskip("keras_twin").keras_twin
converter = pytest.importorskip("converter")
pytestmark = pytest.mark.filterwarnings("default")


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
def test_the_converters_file_and_the_written_one_are_what_keras_computes(name, runtime, tmp_path):
    graph = smallest(architectures()[name])
    model = keras_twin(graph, batch=None)
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
    model = keras_twin(varied_graph(), batch=None)
    conversion.export_tflite(model, path)
    graph = load_graph(str(path))
    assert [graph.spec(node.name).shape for node in graph.inputs] == [(1, 8, 8, 6)]
    assert not graph.opaque


@pytest.mark.slow
def test_an_int8_export_is_int8_throughout(tmp_path):
    graph = varied_graph()
    images = np.concatenate([seeded_input(graph.output_specs(graph.inputs[0])[0], seed) for seed in range(4)])
    path = tmp_path / "varied.tflite"
    conversion.export_tflite(keras_twin(graph, batch=None), path, images)
    exported = load_graph(str(path))
    assert {exported.spec(ref).dtype for node in exported.nodes for ref in exported.output_refs(node)} == {"int8"}


def forked_graph():
    """Two inputs whose names are in no alphabetical order, of one shape, and two outputs."""
    net = GraphBuilder("forked")
    left, right = net.input((1, 4, 4, 2), "z_left"), net.input((1, 4, 4, 2), "a_right")
    left, right = net.conv(left, 3, 3, name="m_left"), net.activation(net.conv(right, 3, name="n_right"), "relu")
    return net.build(net.add_tensors(left, right, name="sum"), net.multiply(left, right, name="b_product"))


def named_tensors(content):
    """Of a file's signature: each input's and output's name, and its place among the inputs and outputs."""
    model = tflite.Model.GetRootAs(content, 0)
    signature, subgraph = model.SignatureDefs(0), model.Subgraphs(0)
    inputs = [signature.Inputs(k) for k in range(signature.InputsLength())]
    outputs = [signature.Outputs(k) for k in range(signature.OutputsLength())]
    return tuple(
        {entry.Name().decode(): list(places).index(entry.TensorIndex()) for entry in entries}
        for entries, places in ((inputs, subgraph.InputsAsNumpy()), (outputs, subgraph.OutputsAsNumpy()))
    )


@pytest.mark.slow
def test_several_inputs_and_outputs_are_what_keras_computes_in_both_files(tmp_path, runtime):
    graph = conversion.from_keras(conversion.to_keras(forked_graph()))
    model = keras_twin(graph, batch=None)
    images = {
        node.name: np.random.default_rng(seed).standard_normal((1, 4, 4, 2), np.float32)
        for seed, node in enumerate(graph.inputs)
    }
    wanted = model.predict(list(images.values()), verbose=0)
    converted, written = conversion.convert(model), write(graph, conversion.weights_of(model, graph))
    assert converter.difference(*map(converter.operator_rows, (converted, written))) == ""
    for content, names in ((converted, ("output_0", "output_1")), (written, graph.outputs)):
        path = tmp_path / f"{names[0]}.tflite"
        path.write_bytes(content)
        inputs, outputs = named_tensors(content)
        with open_engine(runtime, str(path)) as engine:
            for name, index in inputs.items():
                engine.write_input(index, images[name])
            engine.run(1)
            got = [engine.read_output(outputs[name]) for name in names]
        np.testing.assert_allclose(got, wanted, atol=1e-5)


def test_a_written_file_has_its_inputs_and_outputs_in_the_models_order():
    graph = conversion.from_keras(conversion.to_keras(forked_graph()))
    assert named_tensors(write(graph)) == ({"z_left": 0, "a_right": 1}, {"sum": 0, "b_product": 1})


def relu_of(*inputs, name="net"):
    tensors = [keras.Input(shape) for shape in inputs]
    return keras.Model(tensors, [keras.layers.ReLU()(tensor) for tensor in tensors], name=name)


def test_the_file_is_written_whole_where_no_folder_was(tmp_path, monkeypatch):
    monkeypatch.setattr(export, "convert_here", lambda model, images: b"converted")
    conversion.export_tflite(relu_of((4, 4, 2)), tmp_path / "new" / "model.tflite")
    assert (tmp_path / "new" / "model.tflite").read_bytes() == b"converted"


def test_what_is_no_file_is_refused_before_the_converter_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(export, "convert_here", None)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConversionError, match=r"cannot write the model to .*pipe: it is no regular file"):
        conversion.export_tflite(relu_of((4, 4, 2)), tmp_path / "pipe")


def test_a_full_temporary_folder_is_named(monkeypatch):
    def full(model, images):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(export, "convert_here", full)
    with pytest.raises(ConversionError, match=r"'net' cannot be .* folder /.*: No space left on device; set TMPDIR"):
        conversion.convert(relu_of((4, 4, 2)))


@pytest.mark.parametrize("model", [keras.Sequential([keras.layers.Dense(2)], name="mine"), keras.Model(name="mine")])
def test_a_model_without_known_inputs_is_refused_before_the_converter_runs(model, monkeypatch):
    monkeypatch.setattr(export, "convert_here", None)
    with pytest.raises(ConversionError, match="model 'mine' does not know its inputs: begin it with"):
        conversion.convert(model)


@pytest.mark.parametrize(
    ("model", "images", "complaint"),
    [
        (relu_of((4, 4, 2)), [], "at least one representative input"),
        (relu_of((4, 4, 2)), np.zeros((4, 4, 2)), r"of model 'net' are N × 4 × 4 × 2, not of shape \(4, 4, 2\)"),
        (relu_of((4, 4, 2)), np.zeros((9, 4, 4, 3)), r"are N × 4 × 4 × 2, not of shape \(9, 4, 4, 3\)"),
        (relu_of((4, 4, 2), (4, 4, 2)), np.zeros((9, 4, 4, 2)), "model 'net' has 2 inputs"),
    ],
)
def test_representative_inputs_are_what_the_model_takes(model, images, complaint, monkeypatch):
    monkeypatch.setattr(export, "convert_here", None)
    with pytest.raises(ConversionError, match=complaint):
        conversion.convert(model, images)


def test_without_tensorflow_the_message_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(export.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConversionError, match=r"pip install 'pibench\[train\]'"):
        conversion.convert(relu_of((4, 4, 2)))
