"""Reading pickles that hold arrays, and nothing that could run code."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np

from pibench.errors import DataError


def _latin1(text: str, encoding: str) -> bytes:
    """What Python 3 pickles bytes as under protocol 2."""
    return text.encode("latin-1")


_SOME_ARRAY = np.zeros(1, np.uint8)
# By name alone, since the module's name depends on NumPy's version.
_ARRAY_MAKERS: dict[str, Callable[..., Any]] = {
    "_reconstruct": _SOME_ARRAY.__reduce__()[0],
    "_frombuffer": _SOME_ARRAY.__reduce_ex__(5)[0],  # type: ignore[dict-item]
    "ndarray": np.ndarray,
    "dtype": np.dtype,
}


class _ArraysOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module.partition(".")[0] == "numpy" and name in _ARRAY_MAKERS:
            return _ARRAY_MAKERS[name]
        if (module, name) == ("_codecs", "encode"):
            return _latin1
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which a data set does not need")


def unpickled(data: bytes, name: str) -> dict[str, Any]:
    """The dictionary that a batch file is, with its keys as text. Raises DataError."""
    try:
        content = _ArraysOnly(io.BytesIO(data), encoding="bytes").load()
        return {key.decode() if isinstance(key, bytes) else str(key): value for key, value in content.items()}
    except Exception as error:  # a damaged pickle raises whatever its rest happens to mean
        raise DataError(f"{name} is damaged or no batch of images ({error}): unpack or download it again") from None
