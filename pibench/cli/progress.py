"""A progress bar on stderr: what is being timed, how far, time left."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress


def start(bar: RichProgress) -> None:
    """Show a bar, on a terminal only."""
    if bar.console.is_terminal:
        bar.start()


def stop(bar: RichProgress) -> None:
    """Take it away again: stopping what never started would still print an empty line."""
    if bar.live.is_started:
        bar.stop()


class Progress:
    """Use it as a context manager; on something that is no terminal it shows nothing."""

    def __init__(self) -> None:
        self._bar = RichProgress(
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("left:"),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.description}", markup=False),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task("starting", total=None)

    def show(self, what: str, number: float, total: float) -> None:
        """``number`` of ``total`` steps are done, this is at work now."""
        self._bar.update(self._task, description=what, completed=number, total=total)

    def __enter__(self) -> Progress:
        start(self._bar)
        return self

    def __exit__(self, *_: object) -> None:
        stop(self._bar)
