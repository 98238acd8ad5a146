"""Beginning a run, or finding the one that is to go on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone

from pibench import __version__
from pibench.errors import RunError
from pibench.report.model import Tool

from .metrics import Environment, Metrics
from .run_folder import RunFolder
from .setting import Setting


def begun(folder: RunFolder, setting: Setting, recipe_name: str, environment: Callable[[], Environment]) -> Metrics:
    """The metrics of the run in this folder, which is made unless it is there.

    Raises RunError for another run's, and for one that cannot go on here to the same result.
    """
    check(folder, setting)
    here = environment()
    if not folder.exists:
        metrics = _metrics(setting, recipe_name, here)
        folder.create(setting.graph, setting.recipe, metrics, setting.converted)
        return metrics
    metrics = folder.metrics()
    began = metrics.environment.backend
    if not metrics.complete and began != here.backend:
        raise RunError(f"{folder.path} was begun with {began}, not {here.backend}: go on with KERAS_BACKEND={began}")
    return metrics


def check(folder: RunFolder, setting: Setting) -> None:
    """Raises RunError unless a run of this setting can begin or go on in the folder."""
    if not folder.exists:
        return
    metrics = folder.metrics()
    differs = {
        "network": metrics.graph_digest != setting.graph.digest or folder.converted() != setting.converted,
        "recipe": folder.recipe() != setting.recipe,
        "seed": metrics.seed != setting.seed,
        "images": metrics.data != setting.data,
    }
    if any(differs.values()):
        what = " and ".join(name for name, is_so in differs.items() if is_so)
        raise RunError(f"{folder.path} holds a run with another {what}: give -o another folder")


def _metrics(setting: Setting, recipe_name: str, environment: Environment) -> Metrics:
    graph = setting.graph
    return Metrics(
        tool=Tool(name="pibench", version=__version__),
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        network=graph.name,
        graph_digest=graph.digest,
        parameters=graph.total_parameters,
        macs=graph.total_macs,
        recipe=recipe_name,
        keep=setting.recipe.keep,
        seed=setting.seed,
        epochs=setting.recipe.epochs,
        data=setting.data,
        environment=environment,
    )
