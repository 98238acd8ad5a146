import numpy as np
import pytest
from varied_net import varied_graph

from pibench.errors import ConversionError

keras = pytest.importorskip("keras", exc_type=ImportError)
pytest.importorskip("tensorflow", exc_type=ImportError)
conversion = pytest.importorskip("pibench.models.conversion")
elsewhere = pytest.importorskip("pibench.models.conversion.elsewhere")
converter = pytest.importorskip("converter")
keras_twin = pytest.importorskip("keras_twin").keras_twin
pytestmark = pytest.mark.filterwarnings("default")


def model_of(function):
    image = keras.Input((4, 4, 2), name="image")
    return keras.Model(image, function(image), name="net")


@pytest.mark.slow
def test_another_process_makes_the_same_file():
    model = keras_twin(varied_graph())
    images = np.random.default_rng(0).standard_normal((4, 8, 8, 6), np.float32)
    for representative in (None, images):
        rows = [
            converter.operator_rows(convert(model, representative))
            for convert in (conversion.convert, elsewhere.convert_elsewhere)
        ]
        assert converter.difference(*rows) == ""


@pytest.mark.slow
def test_what_a_graph_cannot_say_goes_there_in_keras_own_format():
    content = elsewhere.convert_elsewhere(model_of(keras.ops.tanh), None)
    assert [row.name for row in converter.operator_rows(content)] == ["TANH"]


@pytest.mark.slow
def test_what_the_converter_cannot_do_is_told_once():
    with pytest.raises(ConversionError) as caught:
        elsewhere.convert_elsewhere(model_of(keras.ops.erfinv), None)
    assert str(caught.value).startswith("TensorFlow's converter cannot convert model 'net': ")
    assert str(caught.value).count("'net'") == 1


@keras.saving.register_keras_serializable("script")
class OfTheScript(keras.layers.Layer):
    def call(self, inputs):
        return 2 * inputs


@pytest.mark.slow
def test_layers_of_the_users_script_are_told_with_a_way_out():
    with pytest.raises(ConversionError, match=r"\(OfTheScript\) has .*: export it under KERAS_BACKEND=tensorflow"):
        elsewhere.convert_elsewhere(model_of(OfTheScript()), None)


@pytest.fixture
def interpreter(tmp_path, monkeypatch):
    """Puts a shell script in Python's place."""

    def put(script):
        path = tmp_path / "python"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o700)
        monkeypatch.setattr(elsewhere.sys, "executable", str(path))

    return put


def test_the_other_process_has_tensorflow_and_no_gpu(interpreter, tmp_path):
    interpreter(f'env > {tmp_path}/env; ls $3 > {tmp_path}/files; printf content > "$3/model.tflite"')
    assert elsewhere.convert_elsewhere(keras_twin(varied_graph()), np.zeros((1, 8, 8, 6), np.float32)) == b"content"
    variables = dict(line.partition("=")[::2] for line in (tmp_path / "env").read_text().splitlines())
    assert (variables["KERAS_BACKEND"], variables["CUDA_VISIBLE_DEVICES"]) == ("tensorflow", "-1")
    assert (tmp_path / "files").read_text().split() == ["graph.json", "images.npy", "weights.npz"]


def test_a_process_that_dies_without_a_reason_is_told(interpreter):
    interpreter("echo 'OSError: No space left on device' >&2; exit 9")
    with pytest.raises(ConversionError, match=r"converts model 'varied' ended with code 9: OSError: No space left"):
        elsewhere.convert_elsewhere(keras_twin(varied_graph()), None)


def test_a_model_that_cannot_be_saved_is_told():
    class Unsaved(keras.layers.Layer):
        def call(self, inputs):
            return inputs

        def get_config(self):
            raise RuntimeError("no config")

    with pytest.raises(ConversionError, match=r"model 'net' cannot be saved: .*no config"):
        elsewhere.convert_elsewhere(model_of(Unsaved()), None)
