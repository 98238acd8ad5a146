"""Learned group convolutions (Huang et al. 2018, arXiv 1711.09224): which inputs a group keeps, and when it drops them.

Output o of such a 1×1 convolution is of group o mod ``groups``. What an input is worth to a group is the sum of its
absolute weights over the group's outputs. The classifier is learned alike, as one group that keeps half of its
inputs: so the network that is trained is the one that is deployed. (The original code takes its inputs away after
the training, when nothing can make up for them any more.)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pibench.graph import Graph
from pibench.graph.ops import Conv, Dense, Gather

Array = npt.NDArray[np.float32]


class LearnedGroups(NamedTuple):
    """Of one layer: each of its ``groups`` keeps so many of its ``inputs`` in the end.

    ``node``: the convolution or classifier; ``gather``: what lays out the inputs before it, in the converted form.
    """

    node: str
    gather: str
    groups: int
    inputs: int
    kept: int

    @property
    def condensation(self) -> int:
        """One in so many inputs is kept."""
        return -(-self.inputs // self.kept)

    def kept_after(self, moments: int) -> int:
        """Inputs that are left after so many of the condensation - 1 times that an equal share is dropped."""
        return self.inputs - moments * (self.inputs - self.kept) // (self.condensation - 1)


def learned_groups(converted: Graph) -> tuple[LearnedGroups, ...]:
    """Those of a CondenseNet, as its converted form tells them; none for other networks."""
    operations = {node.name: node.op for node in converted.nodes}
    found = []
    for node in converted.nodes:
        if isinstance(node.op, Gather):
            place = node.name.removesuffix(".index")
            inputs = converted.spec(node.inputs[0]).channels
            for name in (f"{place}.conv", f"{place}.logits"):
                op = operations.get(name)
                if isinstance(op, (Conv, Dense)):
                    groups = op.groups if isinstance(op, Conv) else 1
                    found.append(LearnedGroups(name, node.name, groups, inputs, len(node.op.indices) // groups))
    return tuple(found)


def strengths(kernel: Array, groups: int) -> Array:
    """What each input is worth to each group: (inputs, outputs) → (inputs, groups)."""
    worth: Array = np.abs(kernel).reshape(len(kernel), -1, groups).sum(axis=1)
    return worth


def strongest(kernel: Array, groups: int, count: int) -> npt.NDArray[np.intp]:
    """The inputs that each group keeps, in their order: (inputs, outputs) → (groups, count)."""
    return np.sort(np.argsort(-strengths(kernel, groups), axis=0, kind="stable")[:count].T)


def moments(steps: int, condensation: int) -> tuple[int, ...]:
    """After how many of a training's steps each group drops a share of its inputs.

    condensation - 1 times, equally far apart, the last one half-way; they are distinct from 2 (condensation - 1)
    steps on.
    """
    parts = 2 * (condensation - 1)
    return tuple(-(-steps * number // parts) for number in range(1, condensation))
