"""Makes the .tflite files beside it with TensorFlow's converter: real ones, for the tests.

converter_float.tflite       float32, batch 1
converter_int8.tflite        all int8, input and output too; quantised after training, with random images
converter_free_batch.tflite  float32, batch free, with another head: its flattening asks for the
                             batch as it runs (SHAPE, STRIDED_SLICE, PACK)

One network, small but varied: convolution, depthwise convolution, squeeze-and-excitation,
addition, average pooling, concatenation, dense; random weights, batch norm with statistics that
are not the initial ones. The committed files are by TensorFlow 2.21.0 with Keras 3.15.1, from
the repository's root, in an environment with the extra ``train``::

    PYTHONPATH=benchmarks python tests/data/make_models.py
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from keras_twin import keras_twin

from pibench.graph import Graph, GraphBuilder
from pibench.models.conversion import convert

DATA = Path(__file__).parent
SIZE = 24
REPRESENTATIVE_IMAGES = 32


def network() -> Graph:
    net = GraphBuilder("varied")
    x = net.input((1, SIZE, SIZE, 3))
    with net.scope("stem"):
        x = _conv_bn_relu(net, x, 16, 3, 2)
    with net.scope("separable"):
        x = _separable_with_gate(net, x)
    with net.scope("branches"):
        pooled = net.average_pool(x, 2, 2)
        strided = _conv_bn_relu(net, x, 24, 3, 2)
        x = net.concat(pooled, strided)
    with net.scope("head"):
        return net.build(net.dense(net.global_average_pool(x), 10, name="logits"))


def _conv_bn_relu(net: GraphBuilder, x: str, filters: int, kernel: int, stride: int = 1) -> str:
    return net.activation(net.batch_norm(net.conv(x, filters, kernel, stride)), "relu")


def _separable_with_gate(net: GraphBuilder, x: str) -> str:
    y = net.activation(net.batch_norm(net.depthwise_conv(x), name="depthwise_bn"), "relu6")
    y = net.batch_norm(net.conv(y, 16))
    with net.scope("se"):
        gate = net.conv(net.global_average_pool(y, keep_dims=True), 4, name="squeeze")
        gate = net.conv(net.activation(gate, "relu"), 16, name="excite")
        y = net.multiply(y, net.activation(gate, "sigmoid"))
    return net.add_tensors(x, y)


def with_free_batch(graph: Graph) -> keras.Model:
    twin = keras_twin(graph, batch=None)
    x = keras.layers.MaxPooling2D(3)(twin.get_layer("branches.concat").output)
    return keras.Model(twin.inputs[0], keras.layers.Dense(10)(keras.layers.Flatten()(x)))


def main() -> None:
    keras.utils.set_random_seed(0)
    graph = network()
    rng = np.random.default_rng(0)
    images = rng.standard_normal((REPRESENTATIVE_IMAGES, SIZE, SIZE, 3)).astype(np.float32)
    twin = keras_twin(graph)
    (DATA / "converter_float.tflite").write_bytes(convert(twin))
    (DATA / "converter_int8.tflite").write_bytes(convert(twin, images))
    (DATA / "converter_free_batch.tflite").write_bytes(convert(with_free_batch(graph)))


if __name__ == "__main__":
    main()
