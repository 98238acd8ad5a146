"""A .tflite file with an operation that pibench does not know."""

from __future__ import annotations

from pathlib import Path

import tflite

from pibench.subject import load_subject


def write_odd_model(spec: str, path: Path) -> None:
    """The network of a spec, its means turned into TRANSPOSE_CONV."""
    model = bytearray(load_subject(spec).model)
    codes = tflite.Model.GetRootAs(model, 0)
    mean = next(
        code
        for code in map(codes.OperatorCodes, range(codes.OperatorCodesLength()))
        if code.BuiltinCode() == tflite.BuiltinOperator.MEAN
    )
    for field in (4, 10):  # the two slots that hold the code: 8 bits and 32 bits
        model[mean._tab.Pos + mean._tab.Offset(field)] = tflite.BuiltinOperator.TRANSPOSE_CONV
    path.write_bytes(model)
