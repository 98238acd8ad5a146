"""What the user asks to measure: a .tflite file, or an architecture's spec string."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Literal, NamedTuple

from pibench.errors import ModelFileError, SubjectError
from pibench.graph import Graph


class Subject(NamedTuple):
    """A network to measure: its name, its .tflite bytes, and its graph where it can be read."""

    name: str
    kind: Literal["architecture", "file"]
    model: bytes
    graph: Graph | None
    unread_because: str = ""

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.model).hexdigest()


def kind_of(text: str) -> Literal["architecture", "file"]:
    """Whether a subject given on the command line is meant as a file or as a spec."""
    looks_like_path = text.endswith((".tflite", ".lite", ".bin")) or os.sep in text or Path(text).exists()
    return "file" if looks_like_path else "architecture"


def load_subject(text: str, seed: int = 0) -> Subject:
    """Read or build what the text names. Raises SubjectError, in one sentence for people.

    A file whose graph cannot be followed is still a subject: the runtime may know better.
    """
    if kind_of(text) == "architecture":
        return _built(text, seed)
    data = _read_file(Path(text))
    from pibench.tflite.reader import check_looks_like_model, read

    check_looks_like_model(data, text)
    try:
        return Subject(text, "file", data, read(data, text))
    except ModelFileError as error:
        return Subject(text, "file", data, None, str(error))


def load_graph(text: str) -> Graph:
    """The network that the text names, as deployed (files) or as designed (specs). Raises SubjectError."""
    if kind_of(text) == "architecture":
        from pibench.models.architectures import build

        graph: Graph = build(text)
        return graph
    from pibench.tflite.reader import read

    return read(_read_file(Path(text)), text)


def _built(spec: str, seed: int) -> Subject:
    from pibench.models.architectures import build
    from pibench.tflite.writer import write

    graph: Graph = build(spec)
    return Subject(spec, "architecture", write(graph, seed=seed), graph)


def _read_file(path: Path) -> bytes:
    if path.is_dir():
        raise SubjectError(f"{path} is a directory: give the .tflite files in it")
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise SubjectError(f"{path} does not exist: check the path") from None
    except OSError as error:
        raise SubjectError(f"{path} cannot be read: {error.strerror}") from None
