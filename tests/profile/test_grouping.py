from __future__ import annotations

import pytest
from profiles import layer, timing

from pibench.profile.grouping import by_time, grouped

LAYERS = (
    layer("stem.conv", isolated=timing(10), share=0.1, least_ns=5.0),
    layer("block.conv", isolated=timing(60), in_place=timing(62), share=0.6, least_ns=30.0),
    layer("block.add", op="add", op_type="add", macs=0, isolated=timing(30), in_place=timing(29), share=0.3),
)


def test_each_layer_is_a_group_in_the_networks_order() -> None:
    groups = grouped(LAYERS, "layer")
    assert [group.name for group in groups] == ["stem.conv", "block.conv", "block.add"]
    assert [group.op for group in groups] == [one.op for one in LAYERS]


def test_a_block_has_the_sums_of_its_layers() -> None:
    stem, block = grouped(LAYERS, "block")
    assert (stem.name, block.name) == ("stem", "block")
    assert block.isolated == timing(90, 2)
    assert block.in_place == timing(91, 2)
    assert (block.macs, block.bytes) == (1000, 1000)
    assert block.share == pytest.approx(0.9)
    assert block.gops == pytest.approx(2 * 1000 / 90)
    assert block.operations_per_byte == pytest.approx(2)
    assert block.op == ""


def test_operations_of_one_type_stand_together() -> None:
    assert [(group.name, len(group.layers)) for group in grouped(LAYERS, "op")] == [("conv 3×3", 2), ("add", 1)]


def test_a_group_that_lacks_a_layers_time_has_none() -> None:
    conv, _ = grouped(LAYERS, "op")
    assert conv.isolated == timing(70, 2)
    assert conv.in_place is None
    assert conv.of_attainable == pytest.approx(35 / 70)


def test_a_group_with_an_unknown_operation_has_no_macs_and_no_roof() -> None:
    (group,) = grouped([layer("b.x", macs=None), layer("b.y", least_ns=1.0, isolated=timing(2))], "block")
    assert group.macs is None
    assert group.of_attainable is None
    assert group.timing is None


def test_a_layer_that_could_not_be_cut_out_counts_with_its_time_in_place() -> None:
    (group,) = grouped([layer("b.x", isolated=timing(10)), layer("b.y", in_place=timing(20))], "block")
    assert group.timing == timing(30, 2)


def test_a_layer_drawn_into_another_one_takes_no_share_from_the_group() -> None:
    drawn_in = layer("b.pad", in_place_with="b.conv")
    (group,) = grouped([drawn_in, layer("b.conv", in_place=timing(20), share=0.4)], "block")
    assert group.timing == timing(20)
    assert group.share == pytest.approx(0.4)
    (alone,) = grouped([drawn_in], "layer")
    assert alone.share is None


def test_the_longest_come_first_and_those_without_time_last() -> None:
    groups = by_time(grouped([layer("a"), *LAYERS], "layer"))
    assert [group.name for group in groups] == ["block.conv", "block.add", "stem.conv", "a"]
