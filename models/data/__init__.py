"""Data sets to train and to evaluate on, as arrays; only ``preprocessing`` and ``download`` need Keras."""

from .images import Dataset, Images, Normalisation, Origin
from .sources import load_dataset
from .split import split, subset

__all__ = ["Dataset", "Images", "Normalisation", "Origin", "load_dataset", "split", "subset"]
