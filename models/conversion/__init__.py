"""``Graph`` ↔ Keras, and from Keras to a .tflite file through TensorFlow's converter."""

from .batch_norm import FusedBatchNormalization
from .export import convert, export_tflite
from .from_keras import from_keras
from .grouped import GroupedConv2D
from .initialisers import GLOROT, PYTORCH, WIDE_RESNET, Initialisers, initialisers_of
from .names import layer_of
from .to_keras import to_keras
from .weights import load_weights, weights_of

__all__ = [
    "GLOROT",
    "PYTORCH",
    "WIDE_RESNET",
    "FusedBatchNormalization",
    "GroupedConv2D",
    "Initialisers",
    "convert",
    "export_tflite",
    "from_keras",
    "initialisers_of",
    "layer_of",
    "load_weights",
    "to_keras",
    "weights_of",
]
