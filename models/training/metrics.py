"""What a training came to, as others read it."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from pibench.device import Device
from pibench.document import Document
from pibench.errors import RunError
from pibench.models.data.cifar import CIFAR10
from pibench.models.data.images import Kind, Normalisation
from pibench.report.model import RuntimeRecord, Tool
from pibench.report.samples import Count, Struct

METRICS_VERSION = 1

Share = Annotated[float, Meta(ge=0, le=1)]


class TrainingData(Struct, frozen=True, kw_only=True):
    """The images: whose they are, the digest of all of them, how many were for what, what the network takes of them."""

    name: str
    images: Kind
    digest: str
    train: Count
    validation: Count
    test: Count
    # Before it was told, it was that of CIFAR-10 whatever the images.
    normalisation: Normalisation = CIFAR10.normalisation


class Environment(Struct, frozen=True, kw_only=True):
    """Where it was trained. ``versions``: of each distribution that has a part in it."""

    command: tuple[str, ...]
    device: Device
    backend: str
    accelerators: tuple[str, ...]
    versions: dict[str, str]


class Accuracy(Struct, frozen=True, kw_only=True):
    """How many images were told right."""

    correct: Count
    images: Annotated[int, Meta(ge=1)]

    @property
    def share(self) -> float:
        return self.correct / self.images


class DeployedAccuracy(Accuracy, frozen=True, kw_only=True):
    """The same of a .tflite file of this SHA-256, in a runtime.

    ``agreeing``: on how many images it says what Keras says.
    """

    model_sha256: str
    runtime: RuntimeRecord
    agreeing: Count


class Metrics(Struct, frozen=True, kw_only=True):
    """One training of one network: ``epochs_done`` of ``epochs`` so far, which took ``training_s``.

    ``graph_digest``: of graph.json beside it, whose parameters and MACs these are. ``keep``: whether the figures are
    of the last epoch's weights or of those with the best validation accuracy, which came after ``kept_epoch``.
    ``training_accuracy`` is over the augmented images of that epoch, while it learnt. What ``pibench evaluate`` has
    not found out yet is None.
    """

    metrics_version: Literal[1] = 1
    tool: Tool
    created: str
    network: str
    graph_digest: str
    parameters: Count
    macs: Count
    recipe: str
    keep: Literal["last", "best"]
    seed: Count
    epochs: Count
    data: TrainingData
    environment: Environment
    epochs_done: Count = 0
    training_s: Annotated[float, Meta(ge=0)] = 0.0
    kept_epoch: Count = 0
    training_accuracy: Share | None = None
    validation_accuracy: Share | None = None
    test: Accuracy | None = None
    deployed: DeployedAccuracy | None = None

    @property
    def complete(self) -> bool:
        return self.epochs_done == self.epochs


def _contradiction(metrics: Metrics) -> str:
    if metrics.epochs_done > metrics.epochs or metrics.kept_epoch > metrics.epochs_done:
        return f"{metrics.epochs_done} of {metrics.epochs} epochs are done, and number {metrics.kept_epoch} is kept"
    for accuracy in filter(None, (metrics.test, metrics.deployed)):
        if not metrics.complete:
            return f"it was evaluated after {metrics.epochs_done} of {metrics.epochs} epochs"
        if accuracy.correct > accuracy.images or accuracy.images != metrics.data.test:
            return f"{accuracy.correct} of {accuracy.images} images are told right, and there are {metrics.data.test}"
    if metrics.deployed and metrics.deployed.agreeing > metrics.deployed.images:
        return f"both agree on {metrics.deployed.agreeing} of {metrics.deployed.images} images"
    return ""


METRICS = Document(Metrics, "metrics file", "metrics_version", METRICS_VERSION, RunError, _contradiction)

json_schema = METRICS.json_schema
