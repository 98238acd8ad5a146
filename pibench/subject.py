"""What the user asks to measure: a .tflite file, or an architecture's spec string."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import Literal, NamedTuple

from pibench.errors import ModelFileError, SubjectError
from pibench.graph import Graph


class Subject(NamedTuple):
    """A network to measure: its name, its .tflite bytes, and its graph where it can be read.

    ``kind``: where it comes from, a spec, a file, or a graph made in memory.
    """

    name: str
    kind: Literal["architecture", "file", "graph"]
    model: bytes
    graph: Graph | None
    unread_because: str = ""

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.model).hexdigest()


def kind_of(text: str) -> Literal["architecture", "file"]:
    """Whether a subject given on the command line is meant as a file or as a spec.

    The name of an architecture is one, even beside a file or folder of that name.
    """
    from pibench.models.architectures import architectures

    if text.partition(":")[0].strip() in architectures():
        return "architecture"
    # os.path.exists, which is quiet about names that no file system can hold.
    looks_like_path = text.endswith((".tflite", ".lite", ".bin")) or os.sep in text or os.path.exists(text)  # noqa: PTH110
    return "file" if looks_like_path else "architecture"


def printable(text: str) -> str:
    """A name as it can be shown and stored: what is no text or moves the cursor becomes a mark."""
    decoded = os.fsencode(text).decode(errors="replace")
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in decoded)


def load_subject(text: str, seed: int = 0) -> Subject:
    """Read or build what the text names. Raises SubjectError or GraphError, in one sentence for people.

    A file whose graph cannot be followed is still a subject: the runtime may know better.
    """
    name = printable(text)
    if kind_of(text) == "architecture":
        return _built(name, seed)
    data = _read_file(text)
    from pibench.tflite.reader import check_looks_like_model, read

    check_looks_like_model(data, name)
    try:
        return Subject(name, "file", data, read(data, name))
    except ModelFileError as error:
        return Subject(name, "file", data, None, str(error))


def subject_of(graph: Graph, seed: int = 0) -> Subject:
    """A graph made in memory, with random weights, under its own name. Raises GraphError."""
    from pibench.tflite.writer import write

    return Subject(graph.name, "graph", write(graph, seed=seed), graph)


def load_graph(text: str) -> Graph:
    """The network that the text names, as deployed (files) or as designed (specs). Raises as load_subject."""
    if kind_of(text) == "architecture":
        from pibench.models.architectures import build

        graph: Graph = build(printable(text))
        return graph
    from pibench.tflite.reader import read

    return read(_read_file(text), printable(text))


def _built(spec: str, seed: int) -> Subject:
    from pibench.models.architectures import build
    from pibench.tflite.writer import write

    graph: Graph = build(spec)
    return Subject(spec, "architecture", write(graph, seed=seed), graph)


def _read_file(text: str) -> bytes:
    name = printable(text)
    try:
        mode = os.stat(text).st_mode  # noqa: PTH116  (a Path of a strange name is no better)
        if stat.S_ISDIR(mode):
            raise SubjectError(f"{name} is a directory: give the .tflite files in it")
        if not stat.S_ISREG(mode):
            raise SubjectError(f"{name} is not a regular file: give a .tflite file")
        return Path(text).read_bytes()
    except FileNotFoundError:
        raise SubjectError(f"{name} does not exist: check the path") from None
    except (OSError, ValueError) as error:
        raise SubjectError(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    except MemoryError:
        raise SubjectError(f"{name} is too large for this machine's memory") from None
