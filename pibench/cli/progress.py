"""A progress bar on stderr: what is being timed, how far, time left."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress


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
        if self._bar.console.is_terminal:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        # Stopping what never started would still print an empty line.
        if self._bar.live.is_started:
            self._bar.stop()
