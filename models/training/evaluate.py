"""The accuracy of a run on the test images: in Keras, and as a .tflite file in the engine it is deployed in."""

from __future__ import annotations

import hashlib

import msgspec
import numpy as np
import numpy.typing as npt

from pibench.engine.runtimes import find_runtime
from pibench.errors import RunError
from pibench.measure.inference import outputs_of
from pibench.models.conversion import load_weights, to_keras
from pibench.models.data import Dataset, Images, Normalisation
from pibench.models.data.views import views_of
from pibench.report import Condition, RuntimeRecord
from pibench.report.model import DEFAULT_TIMEOUT_S
from pibench.temporary import temporary_folder
from pibench.tflite import write

from .deployed import deployed
from .evaluable import check_evaluable
from .metrics import Accuracy, DeployedAccuracy, Metrics
from .preprocessed import logits_of
from .run_folder import RunFolder
from .watch import Progress


def evaluate(
    folder: RunFolder,
    dataset: Dataset,
    condition: Condition,
    workers: int,
    progress: Progress,
    timeout_s: float = DEFAULT_TIMEOUT_S,
) -> Metrics:
    """The metrics with the test accuracies, saved too.

    ``timeout_s``: how long the runtime may take for a few images. Raises RunError, WorkerError for the runtime's
    failures, and TemporaryFilesError.
    """
    check_evaluable(folder, dataset)
    metrics, graph = folder.metrics(), folder.graph()
    to_deploy = deployed(folder)
    folder.save_metrics(metrics)  # what cannot be saved is told before all images are looked at
    normalisation = metrics.data.normalisation  # the network's, whatever the data set's may be today
    network = to_keras(graph)
    load_weights(network, graph, folder.weights(metrics.keep))
    model = write(*to_deploy)
    progress(f"{graph.name} in Keras", 0, len(dataset.test))
    logits = logits_of(network, dataset.test, views_of(folder.recipe().augmentation), normalisation)
    by_keras = np.argmax(logits, axis=1)
    outputs = _outputs_of_file(model, dataset.test, normalisation, condition, workers, progress, timeout_s)
    by_file = np.argmax(outputs, axis=1)
    if not (np.isfinite(logits).all() and np.isfinite(outputs).all()):
        raise RunError(f"{folder.path} holds a network whose outputs are no numbers: train it again with another -o")
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
    model: bytes,
    images: Images,
    normalisation: Normalisation,
    condition: Condition,
    workers: int,
    progress: Progress,
    timeout_s: float,
) -> npt.NDArray[np.float64]:
    with temporary_folder() as folder:
        path = folder / "model.tflite"
        path.write_bytes(model)
        return outputs_of(
            path,
            images.pixels,
            condition,
            workers,
            timeout_s,
            progress=lambda done: progress(f"the .tflite file in {condition.runtime}", done, len(images)),
            prepared=lambda pixels: normalisation.of(pixels.astype(np.float32)),
        )


def _correct(said: npt.NDArray[np.intp], images: Images) -> int:
    return int(np.sum(said == images.labels))
