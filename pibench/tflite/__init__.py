"""Between ``Graph`` and .tflite files, in both directions, without TensorFlow."""

from pibench.tflite.lower import Lowered, lower
from pibench.tflite.reader import read
from pibench.tflite.weights import random_weights
from pibench.tflite.writer import write

__all__ = ["Lowered", "lower", "random_weights", "read", "write"]
