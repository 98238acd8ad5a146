"""The network that a runtime is given: its layers, what they stand for, and to which block they belong."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pibench.graph import Graph
from pibench.subject import Subject
from pibench.tflite import lower

# A stage and a block within it: what is below are the parts of a block.
BLOCK_DEPTH = 2


class Deployed(NamedTuple):
    """The graph as deployed; ``sources``: for each layer the nodes of the designed network it stands for."""

    graph: Graph
    sources: Mapping[str, tuple[str, ...]]


def deployed(subject: Subject) -> Deployed | None:
    """None where the subject is a file that cannot be followed. A file's graph is the deployed one."""
    if subject.graph is None:
        return None
    if subject.kind == "file":
        return Deployed(subject.graph, {})
    return Deployed(*lower(subject.graph))


def blocks_of(names: Sequence[str]) -> dict[str, str]:
    """The block of each layer, by the layers' names alone.

    Names tell blocks by dots (``stage1.block2.expand.conv``), those of converted files also by
    slashes: what most of them begin with (the model's name) and the operation at the end do not count.
    """
    paths = {name: _path(name) for name in names}
    while common := _common_head(list(paths.values())):
        paths = {name: path[1:] if path[0] == common and len(path) > 1 else path for name, path in paths.items()}
    return {name: _block(path) for name, path in paths.items()}


def _path(name: str) -> list[str]:
    # The converter joins the names of what it fused by semicolons.
    parts = [part for part in name.partition(";")[0].split("/") if part]
    return (parts[:-1] if len(parts) > 1 else parts) or [name]


def _common_head(paths: Sequence[Sequence[str]]) -> str:
    """What more than half of the paths begin with, and have something behind."""
    heads = Counter(path[0] for path in paths if len(path) > 1)
    head, count = heads.most_common(1)[0] if heads else ("", 0)
    return head if count > len(paths) / 2 else ""


def _block(path: Sequence[str]) -> str:
    words = ".".join(path).split(".")
    return ".".join(words[:-1][:BLOCK_DEPTH]) or words[0]


def op_type(label: str) -> str:
    """An operation's label without its stride and fused activation."""
    return re.split(r" /| \+ ", label)[0]
