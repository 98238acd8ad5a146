"""CondenseNet (Huang et al. 2018, arXiv 1711.09224), as it is trained and as it is deployed.

Training starts from dense 1×1 convolutions and ends with learned groups. Output channel o of such
a convolution belongs to group o mod ``groups``; while it trains, each group loses the inputs
with the smallest weights until one in ``condensation`` is left, the same for all of a group's
outputs, and the classifier loses half of its inputs. In a ``Graph`` that is ``form="training"``:
dense 1×1 convolutions, named ``stageS.layerL.learned.conv``, whose kernels ``pibench train``
multiplies by masks of its own. It deploys the converted form, which ``converted_form`` tells of a spec.

The converted form has the same nodes under the same names, and three differences: a gather
(``learned.index``) lays out the inputs that are left, group by group; the convolution behind it is
grouped, its outputs group by group; a channel shuffle puts them back into the order of training.
The classifier has a gather of its own (``head.index``). ``pibench.models.condensing.condensed``
rearranges trained weights for it and, by ``with_indices``, puts what was learned into the gathers;
until then they take every ``condensation``-th channel, which costs as much. The training form with its
zeros computes the same, too, in 2.8 times the MACs, and can be the faster one: runtimes gather
channels one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec.structs import replace

from pibench.errors import GraphError, SubjectError
from pibench.graph import Graph, GraphBuilder, ops

from .blocks import STAGES, Count, Depth, ImageSize, bn_relu, image
from .groups import channel_shuffle
from .registry import build, parsed, register

Form = Literal["converted", "training"]

# What the classifier keeps of its inputs: one of so many.
CLASSIFIER_CONDENSATION = 2


@register
def condensenet(
    *,
    stages: tuple[Depth, Depth, Depth] = (14, 14, 14),
    growth: tuple[Count, Count, Count] = (8, 16, 32),
    bottleneck: Count = 4,
    groups: Count = 4,
    condensation: Count = 4,
    form: Form = "converted",
    input_size: ImageSize = 32,
    classes: Count = 10,
) -> Graph:
    """CondenseNet: densely connected layers whose 1×1 convolutions learn their groups.

    ``stages``: layers of each; ``growth``: channels that a layer adds, by stage; ``bottleneck``:
    those of its 1×1 convolution, in multiples of that; ``condensation``: each group of it reads
    one in so many inputs. ``form="training"``: dense 1×1 convolutions, before that is learned.
    Batch norm stands before the shuffle, where it folds, and not behind it as in the original.
    """
    _check_divisors(growth, bottleneck, groups, condensation)
    net = GraphBuilder("condensenet")
    x = net.conv(image(net, input_size), 2 * growth[0], 3, name="stem.conv")
    layer = _Layer(net, bottleneck, groups, condensation, form)
    for stage, layers, grown in zip(STAGES, stages, growth, strict=True):
        with net.scope(f"stage{stage}"):
            for number in range(1, layers + 1):
                with net.scope(f"layer{number}"):
                    x = net.concat(x, layer.write(x, grown))
            if stage != STAGES[-1]:
                x = net.average_pool(x, 2, 2, name="transition")
    with net.scope("head"):
        x = net.global_average_pool(bn_relu(net, x))
        if form == "converted":
            x = _gather(net, x, range(0, net.channels(x), CLASSIFIER_CONDENSATION))
        return net.build(net.dense(x, classes, name="logits"))


def converted_form(spec: str) -> Graph | None:
    """What a CondenseNet with ``form="training"`` deploys, its groups not learned yet; None for any other spec.

    Raises SubjectError and GraphError as ``build`` does.
    """
    architecture, parameters = parsed(spec)
    if architecture.name != condensenet.__name__ or parameters.pop("form", None) != "training":
        return None
    arguments = ",".join(f"{name}={value}" for name, value in parameters.items())
    return build(f"{architecture.name}:{arguments}" if arguments else architecture.name)


def with_indices(graph: Graph, indices: Mapping[str, Sequence[int]]) -> Graph:
    """The graph whose gathers of these names take these channels instead.

    Raises GraphError for a name that is no gather, for another number of indices than it has,
    and for channels that are not there.
    """
    gathers = {node.name: node.op for node in graph.nodes if isinstance(node.op, ops.Gather)}
    for name, chosen in indices.items():
        if name not in gathers:
            raise GraphError(f"graph {graph.name!r} has no gather {name!r}")
        if len(chosen) != len(gathers[name].indices):
            raise GraphError(f"{name!r} takes {len(gathers[name].indices)} channels, not {len(chosen)}")
    nodes = [
        replace(node, op=replace(gathers[node.name], indices=tuple(indices[node.name])))
        if node.name in indices
        else node
        for node in graph.nodes
    ]
    return Graph(graph.name, nodes, graph.outputs)


class _Layer:
    """What all layers have in common."""

    def __init__(self, net: GraphBuilder, bottleneck: int, groups: int, condensation: int, form: Form) -> None:
        self._net = net
        self._bottleneck = bottleneck
        self._groups = groups
        self._condensation = condensation
        self._form = form

    def write(self, x: str, growth: int) -> str:
        net = self._net
        with net.scope("learned"):
            x = self._learned(x, growth * self._bottleneck)
        with net.scope("grow"):
            x = bn_relu(net, x)
            if self._form == "converted" and self._groups > 1:
                x = channel_shuffle(net, x, self._groups)
            return net.conv(x, growth, 3, groups=self._groups)

    def _learned(self, x: str, filters: int) -> str:
        net = self._net
        if self._form == "training":
            return net.conv(bn_relu(net, x), filters)
        channels = net.channels(x)
        starts = (group % self._condensation for group in range(self._groups))
        x = _gather(net, x, [i for start in starts for i in range(start, channels, self._condensation)])
        return net.conv(bn_relu(net, x), filters, groups=self._groups)


def _check_divisors(growth: Sequence[int], bottleneck: int, groups: int, condensation: int) -> None:
    for grown in growth:
        if grown % groups:
            raise SubjectError(f"condensenet cannot have groups={groups}, which do not divide growth={grown}")
    # The channels that layers read: those of the stem, then more and more.
    for channels in (2 * growth[0], *growth):
        if channels % condensation:
            raise SubjectError(
                f"condensenet cannot have condensation={condensation}, which does not divide {channels} channels"
            )


def _gather(net: GraphBuilder, x: str, indices: Sequence[int]) -> str:
    return net.add(ops.Gather(indices=tuple(indices)), x, name="index")[0]
