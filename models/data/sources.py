"""A data set as a command asks for it."""

from __future__ import annotations

from pathlib import Path

from pibench.errors import DataError

from .archive import is_whole
from .cifar import LAYOUTS, Layout, located, read_cifar
from .generated import generated
from .images import Dataset

GENERATED = "generated"


def load_dataset(text: str, classes: int, download: bool = False) -> Dataset:
    """CIFAR-10 or CIFAR-100, as the number of classes asks for; or generated images. Raises DataError.

    ``text`` names the folder of the data set, its archive, or a folder with either in it.
    """
    if text == GENERATED:
        return generated(classes)
    layout = next((layout for layout in LAYOUTS if layout.classes == classes), None)
    if layout is None:
        raise DataError(
            f"the network tells {classes} classes apart: there is data for 10 (CIFAR-10) and for 100 (CIFAR-100)"
        )
    place = Path(text)
    # The place may be the archive itself.
    folder = place.parent if place.name == layout.archive else place
    if download and not folder.is_file() and not _has_data(place, layout):
        from .download import download as fetch

        fetch(layout, folder)
    if not place.exists():
        raise DataError(
            f"{place} does not exist: give --data the folder with {layout.folder} or {layout.archive} in it,"
            " or let --download fetch it there"
        )
    return read_cifar(place, layout)


def _has_data(place: Path, layout: Layout) -> bool:
    """Whether there is a folder of it, or an archive that is whole: what an interrupted copy left is none."""
    found = located(place, layout)
    return found is not None and (found.is_dir() or is_whole(found))
