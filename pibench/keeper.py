"""Keeping a document that grows on disk, whatever the disk does meanwhile."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from pibench.errors import PibenchError

D = TypeVar("D")


def tell_on_stderr(sentence: str) -> None:
    """What a command says beside its output."""
    print(f"pibench: {sentence}", file=sys.stderr)


class Keeper(Generic[D]):
    """Saves it as often as it is told to.

    What cannot be saved on the way (a full disk) does not end the run: ``tell`` hears of it at once, the error is
    kept in ``problem``, every later save tries again, and the last one takes the folder for temporary files
    if it must.
    """

    def __init__(
        self, save: Callable[[D, Path], None], path: Path, tell: Callable[[str], None] = tell_on_stderr
    ) -> None:
        self._save = save
        self._path = path
        self._tell = tell
        self._latest: D | None = None
        self.problem: PibenchError | None = None

    def keep(self, document: D) -> None:
        """Save what there is so far."""
        self._latest = document
        self._try(document, "; going on, and trying again")

    def finish(self, document: D | None = None) -> None:
        """Save it for good; without one, what was kept last."""
        document = self._latest if document is None else document
        if document is None:
            return
        self._try(document)
        if self.problem:
            place = Path(tempfile.gettempdir(), f"pibench-{self._path.name}")
            with contextlib.suppress(PibenchError):
                self._save(document, place)
                self.problem = type(self.problem)(f"{self.problem}; it is in {place} instead")

    def _try(self, document: D, told: str = "") -> None:
        try:
            self._save(document, self._path)
            self.problem = None
        except PibenchError as error:
            if self.problem is None and told:
                self._tell(f"{error}{told}")
            self.problem = error
