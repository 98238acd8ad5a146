"""Running a model on inputs that were prepared elsewhere."""

from __future__ import annotations

import numpy as np

from pibench.engine.base import Engine
from pibench.errors import EngineError
from pibench.worker.outputs import finite
from pibench.worker.protocol import Infer, Inferred


def infer(engine: Engine, request: Infer) -> Inferred:
    """One inference for each row. Raises EngineError where the model takes or gives something else."""
    if len(engine.inputs) != 1 or len(engine.outputs) != 1:
        raise EngineError(
            f"the model has {len(engine.inputs)} inputs and {len(engine.outputs)} outputs: only models with one of"
            " each can be run over a data set"
        )
    rows = np.load(request.inputs)
    spec = engine.inputs[0].spec
    if rows.dtype != spec.dtype or rows.shape[1:] != spec.shape[1:] or spec.shape[0] != 1:
        raise EngineError(
            f"the model takes {spec.dtype} of shape {spec}, the data set's images are {rows.dtype} of {rows.shape[1:]}"
        )
    outputs = []
    for row in rows:
        engine.write_input(0, row[np.newaxis])
        engine.run(1)
        outputs.append(tuple(map(finite, engine.read_output(0).ravel().tolist())))
    return Inferred(tuple(outputs))
