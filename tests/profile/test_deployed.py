from __future__ import annotations

from pathlib import Path

import pytest
from small_net import small_graph

from pibench.profile.deployed import blocks_of, deployed, op_type
from pibench.subject import Subject, load_subject, subject_of

DATA = Path(__file__).parents[1] / "data"


def test_a_designed_network_is_lowered_and_its_layers_name_what_they_stand_for() -> None:
    network = deployed(load_subject("wide_resnet:depth=10,width=4"))
    assert network is not None
    assert network.sources["stem.conv"] == ("stem.conv", "stage1.block1.conv1.bn", "stage1.block1.conv1.relu")
    assert "stem.bn" not in [node.name for node in network.graph.nodes]


def test_a_graph_in_memory_is_lowered_too() -> None:
    network = deployed(subject_of(small_graph()))
    assert network is not None
    assert set(network.sources) == {node.name for node in network.graph.nodes}


def test_a_file_is_what_is_deployed() -> None:
    subject = load_subject(str(DATA / "converter_float.tflite"))
    network = deployed(subject)
    assert network is not None
    assert network.graph == subject.graph


def test_a_file_that_cannot_be_followed_has_no_layers() -> None:
    assert deployed(Subject("odd.tflite", "file", b"", None, "it is odd")) is None


@pytest.mark.parametrize(
    ("names", "blocks"),
    [
        (["stem.conv", "stage1.block1.se.pool", "head.logits"], ["stem", "stage1.block1", "head"]),
        # More than half of the layers in one stage do not make it the model's name.
        (["stage1.block1.conv", "stage1.block1.add", "head.pool"], ["stage1.block1", "stage1.block1", "head"]),
        (["net/stem.conv_1/Conv", "net/stage1.block1.add_1/Add", "Call_1"], ["stem", "stage1.block1", "Call_1"]),
        (["M/M/Conv_1/Relu6;M/M/bn", "M/M/Conv_2/Relu6", "M/Logits/add"], ["Conv_1", "Conv_2", "Logits"]),
        (["conv", "add"], ["conv", "add"]),
        (["/", "a//b"], ["/", "a"]),
    ],
)
def test_blocks_are_told_by_names(names: list[str], blocks: list[str]) -> None:
    assert list(blocks_of(names).values()) == blocks


@pytest.mark.parametrize(
    ("label", "expected"),
    [("conv 3×3 /2 + relu", "conv 3×3"), ("depthwise 5×5", "depthwise 5×5"), ("dense + relu", "dense"), ("add", "add")],
)
def test_strides_and_fused_activations_make_no_other_type(label: str, expected: str) -> None:
    assert op_type(label) == expected
