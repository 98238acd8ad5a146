from __future__ import annotations

import pytest

from pibench.graph import Graph
from pibench.graph.ops import Conv, DepthwiseConv
from pibench.models.architectures import build
from pibench.models.recipes import Decay, load_recipe
from pibench.models.recipes.decayed import decayed


def thesis_decays(subject: str) -> tuple[Graph, set[str]]:
    decay = load_recipe("thesis").decay
    assert decay is not None
    graph = build(subject)
    return graph, set(decayed(decay, graph))


def kernels(graph: Graph, kind: type[Conv] | type[DepthwiseConv]) -> set[str]:
    return {f"{node.name}/kernel" for node in graph.nodes if isinstance(node.op, kind)}


def test_only_the_kinds_that_are_named_are_decayed() -> None:
    graph = build("mobilenet_v1:depth=3,width=8,se=2")
    assert set(decayed(Decay(kind="penalty", rate=1e-4, on=("depthwise",)), graph)) == kernels(graph, DepthwiseConv)
    assert set(decayed(Decay(kind="penalty", rate=1e-4, on=("bias",)), graph)) == {"head.logits/bias"}


def test_statistics_of_batch_norm_are_never_decayed() -> None:
    names = decayed(Decay(kind="penalty", rate=1e-4, on=("batch_norm",)), build("mobilenet_v1:depth=3,width=8"))
    assert {name.rpartition("/")[2] for name in names} == {"gamma", "beta"}


def test_the_thesis_decays_all_but_depthwise_kernels_and_statistics() -> None:
    graph, names = thesis_decays("mobilenet_v2:depth=3,width=8,expansion=4,se=2")
    everything = {f"{node.name}/{weight.name}" for node in graph.nodes for weight in graph.weights(node)}
    statistics = {name for name in everything if name.endswith(("/mean", "/variance"))}
    assert names == everything - kernels(graph, DepthwiseConv) - statistics


def test_the_thesis_spared_effnet_its_first_kernel_but_not_the_batch_norm_behind_it() -> None:
    graph, names = thesis_decays("effnet:blocks=1-1-2,width=32")
    assert kernels(graph, Conv) - names == {"stem.conv/kernel"}
    assert "stem.bn/gamma" in names


def test_the_thesis_decayed_13_convolutions_one_batch_norm_and_the_classifier_of_nasnet() -> None:
    """The count is what a build of the thesis' code gave."""
    _, names = thesis_decays("nasnet:depth=6,width=16")
    convolutions = {name for name in names if name.endswith(".conv/kernel")}
    assert len(convolutions) == 13
    assert names - convolutions == {"stem.bn/gamma", "stem.bn/beta", "head.logits/kernel", "head.logits/bias"}


@pytest.mark.parametrize("subject", ["wide_resnet:depth=22,width=16", "densenet:depth=10", "mobilenet_v1:depth=9"])
def test_what_is_exempt_in_one_network_is_not_in_another(subject: str) -> None:
    graph, names = thesis_decays(subject)
    assert kernels(graph, Conv) <= names
