import importlib.util
import os
import subprocess
import sys

import pytest

pytest.importorskip("keras", exc_type=ImportError)
pytest.importorskip("tensorflow", exc_type=ImportError)

SCRIPT = """
import sys
import keras
import numpy as np
from varied_net import varied_graph
from pibench.engine import open_engine
from pibench.models.conversion import export_tflite, from_keras, to_keras, weights_of
from pibench.tflite import write

assert keras.backend.backend() == sys.argv[1]
keras.utils.set_random_seed(0)
graph = varied_graph()
model = to_keras(graph)
model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
images = np.random.default_rng(0).standard_normal((16, 8, 8, 6)).astype("float32")
losses = model.fit(images, np.arange(16) % 10, batch_size=8, epochs=30, verbose=0).history["loss"]
assert np.mean(losses[-5:]) < np.mean(losses[:5]), losses
statistics = weights_of(model, graph)["a_grouped.bn/variance"]
assert np.all(statistics != 1)
wanted = model.predict(images[:1], verbose=0)
export_tflite(model, "exported.tflite")
with open("written.tflite", "wb") as file:
    file.write(write(graph, weights_of(model, graph)))
for path in ("exported.tflite", "written.tflite"):
    with open_engine("litert", path) as engine:
        engine.write_input(0, images[:1])
        engine.run(1)
        np.testing.assert_allclose(engine.read_output(0), wanted, atol=1e-4)
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "torch", "jax"])
def test_a_model_trains_on_any_backend_and_is_exported_from_it(backend, tmp_path):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, backend],
        cwd=tmp_path,
        env={**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
