"""Reading the reports of a history."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from pibench.document import no_file, resolved
from pibench.errors import HistoryError, ReportError
from pibench.history.model import History, Skipped
from pibench.history.series import Entry, entries_of, history_of
from pibench.report import load


def collect(paths: Sequence[Path]) -> History:
    """The history in these files, and in the .json files of these folders and all below.

    What is no report is passed over and named. Raises HistoryError where a path does not exist, or no report
    is among all.
    """
    entries: list[Entry] = []
    skipped: list[Skipped] = []
    reports = 0
    for path in _files(paths):
        if what := no_file(path):
            skipped.append(Skipped(path=str(path), reason=f"{path} is {what}"))
            continue
        try:
            # One at a time: of the raw samples only the figures are kept.
            entries += entries_of(load(path), str(path))
            reports += 1
        except ReportError as error:
            skipped.append(Skipped(path=str(path), reason=str(error)))
    if not reports:
        where = ", ".join(map(str, paths))
        first = f"; the first of {len(skipped)} files that are none: {skipped[0].reason}" if skipped else ""
        raise HistoryError(f"no pibench report in {where}{first}")
    return history_of(entries, reports, skipped)


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    """Each file once, however it is reached."""
    seen: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise HistoryError(f"{path} does not exist: give report files, or folders of them")
        for file in sorted(_below(path)) if path.is_dir() else [path]:
            if (target := resolved(file)) not in seen:
                seen.add(target)
                yield file


def _below(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        # One that is being written has a name that begins with a dot.
        yield from (Path(parent, name) for name in names if name.endswith(".json") and not name.startswith("."))
