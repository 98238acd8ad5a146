"""What trainings came to, as tables."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
from rich.table import Table
from rich.text import Text

from pibench.cli.console import wide_console
from pibench.subject import printable
from pibench.words.images import images_text

if TYPE_CHECKING:
    from pibench.models.training.metrics import Metrics
    from pibench.models.training.run_folder import RunFolder
    from pibench.pareto.ways import Way

    Runs = Sequence[tuple[RunFolder, Metrics]]


def show_trained(runs: Runs) -> None:
    """How long each took and what it reached on the validation images."""
    table = _table("run", "seed", "epochs", "minutes", "images/s", "training error", "validation error")
    for folder, metrics in runs:
        learnt = metrics.data.train * metrics.epochs_done
        _add_row(
            table,
            printable(str(folder.path)),
            str(metrics.seed),
            str(metrics.epochs_done),
            f"{metrics.training_s / 60:.1f}",
            f"{learnt / metrics.training_s:,.0f}" if metrics.training_s else "–",
            _error(metrics.training_accuracy),
            _error(metrics.validation_accuracy),
        )
    wide_console().print(table)
    errors = [1 - metrics.validation_accuracy for _, metrics in runs if metrics.validation_accuracy is not None]
    _tell_spread("validation error", errors)
    _tell_images(runs)


def show_evaluated(runs: Runs) -> None:
    """The test error in Keras and of the .tflite file."""
    table = _table("run", "network", "seed", "Keras error", ".tflite error", "they agree on", "runtime")
    for folder, metrics in runs:
        assert metrics.test is not None
        assert metrics.deployed is not None
        deployed = metrics.deployed
        _add_row(
            table,
            printable(str(folder.path)),
            metrics.network,
            str(metrics.seed),
            _error(metrics.test.share),
            _error(deployed.share),
            f"{deployed.agreeing:,} of {deployed.images:,}",
            f"{deployed.runtime.name} {deployed.runtime.version}",
        )
    wide_console().print(table)
    _tell_spreads(runs)
    _tell_images(runs)


def _table(first: str, *others: str) -> Table:
    """Numbers are never cut; what is said in words is folded where there is no room."""
    table = Table(box=None, pad_edge=False)
    for name in (first, *others):
        words = name in (first, "network", "runtime")
        table.add_column(name, justify="left" if words else "right", overflow="fold", no_wrap=not words)
    return table


def _add_row(table: Table, *cells: str) -> None:
    """As they are: a path may look like rich's markup."""
    table.add_row(*map(Text, cells))


def _error(accuracy: float | None) -> str:
    return "–" if accuracy is None else f"{100 * (1 - accuracy):.2f} %"


def _tell_spreads(runs: Runs) -> None:
    """Of each network's test errors; runs of one network that learnt in different ways are different things."""
    from pibench.pareto.ways import described, way_of

    ways: dict[Way, dict[int, Metrics]] = {}
    for folder, metrics in runs:
        ways.setdefault(way_of(folder, metrics), {})[metrics.seed] = metrics
    texts = described({way: next(iter(by_seed.values())) for way, by_seed in ways.items()})
    for text, by_seed in zip(texts, ways.values(), strict=True):
        label = f"{text.network} ({text.training})" if text.training else text.network
        errors = [1 - metrics.deployed.share for metrics in by_seed.values() if metrics.deployed]
        _tell_spread(f"{label}: test error of the .tflite files", errors)


def _tell_spread(what: str, errors: Sequence[float]) -> None:
    if len(errors) > 1:
        mean, deviation = 100 * statistics.fmean(errors), 100 * statistics.stdev(errors)
        click.echo(f"{what}: {mean:.2f} ± {deviation:.2f} % (mean and standard deviation of {len(errors)} runs)")


def _tell_images(runs: Runs) -> None:
    for text in dict.fromkeys(_images(metrics) for _, metrics in runs):
        click.echo(text)


def _images(metrics: Metrics) -> str:
    data = metrics.data
    return (
        f"Images: {images_text(data.name, data.images)}, {data.train:,} to learn, {data.validation:,} to validate,"
        f" {data.test:,} to test"
    )
