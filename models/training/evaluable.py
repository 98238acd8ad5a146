"""Whether a run's accuracy can be told on these images. No framework here: it is asked of all runs before the first."""

from __future__ import annotations

from pibench.errors import RunError
from pibench.models.data import Dataset

from .run_folder import RunFolder
from .setting import check_fits


def check_evaluable(folder: RunFolder, dataset: Dataset) -> None:
    """Raises RunError for an unfinished run, and for one that learnt from other images."""
    metrics = folder.metrics()
    if not metrics.complete:
        raise RunError(
            f"{folder.path} is at epoch {metrics.epochs_done} of {metrics.epochs}: finish its pibench train first"
        )
    check_fits(folder.graph(), dataset)
    if dataset.origin.digest != metrics.data.digest:
        raise RunError(
            f"{folder.path} was trained on other images ({metrics.data.name}, {metrics.data.images}) than those given"
            f" ({dataset.origin.name}, {dataset.origin.images}): give --data the same ones"
        )
