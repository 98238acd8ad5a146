"""The accuracy of a run on the test images: in Keras, and as a .tflite file in the engine it is deployed in."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from pibench.engine.runtimes import find_runtime
from pibench.measure.inference import outputs_of
from pibench.models.conversion import load_weights, to_keras
from pibench.models.data import Dataset, Images
from pibench.models.data.views import normalised, views_of
from pibench.report import Condition, RuntimeRecord
from pibench.tflite import write

from .deployed import deployed
from .evaluable import check_evaluable
from .metrics import Accuracy, DeployedAccuracy, Metrics
from .preprocessed import logits_of
from .run_folder import RunFolder
from .watch import Progress


def evaluate(folder: RunFolder, dataset: Dataset, condition: Condition, workers: int, progress: Progress) -> Metrics:
    """The metrics with the test accuracies, saved too. Raises RunError, and WorkerError for the runtime's failures."""
    check_evaluable(folder, dataset)
    metrics, graph = folder.metrics(), folder.graph()
    to_deploy = deployed(folder)
    network = to_keras(graph)
    load_weights(network, graph, folder.weights(metrics.keep))
    model = write(*to_deploy)
    progress(f"{graph.name} in Keras", 0, len(dataset.test))
    by_keras = np.argmax(logits_of(network, dataset.test, views_of(folder.recipe().augmentation)), axis=1)
    by_file = np.argmax(_outputs_of_file(model, dataset.test, condition, workers, progress), axis=1)
    runtime = find_runtime(condition.runtime)
    result = msgspec.structs.replace(
        metrics,
        test=Accuracy(correct=_correct(by_keras, dataset.test), images=len(dataset.test)),
        deployed=DeployedAccuracy(
            correct=_correct(by_file, dataset.test),
            images=len(dataset.test),
            model_sha256=hashlib.sha256(model).hexdigest(),
            runtime=RuntimeRecord(name=runtime.name, version=runtime.version),
            agreeing=int(np.sum(by_file == by_keras)),
        ),
    )
    folder.save_metrics(result)
    return result


def _outputs_of_file(
    model: bytes, images: Images, condition: Condition, workers: int, progress: Progress
) -> npt.NDArray[np.float64]:
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary, "model.tflite")
        path.write_bytes(model)
        rows = normalised(images.pixels.astype(np.float32))
        return outputs_of(
            path,
            rows,
            condition,
            workers,
            progress=lambda done: progress(f"the .tflite file in {condition.runtime}", done, len(rows)),
        )


def _correct(said: npt.NDArray[np.intp], images: Images) -> int:
    return int(np.sum(said == images.labels))
