from __future__ import annotations

import pytest
from profiles import result, timing

from pibench.graph import Graph, Node, TensorSpec
from pibench.graph.ops import Conv, Input, Opaque
from pibench.profile.assembled import Found, InPlaceFound, assembled
from pibench.profile.deployed import Deployed
from pibench.profile.isolated import Isolated
from pibench.report import Doubt, Failure, InPlaceWay, IsolatedWay, Ratio, RoofRecord

FINE = Ratio(ratio=1.0, low=0.99, high=1.01)
SUMS = IsolatedWay(fixed=timing(1), sum=timing(400), ratio=FINE)
BOTH = {"stem.conv": timing(300), "stem.odd": timing(100)}


def network() -> Deployed:
    nodes = [
        Node("image", Input(shape=(1, 4, 4, 2))),
        Node("stem.conv", Conv(filters=2, kernel=(3, 3), bias=True, activation="relu"), ("image",)),
        Node("stem.odd", Opaque(name="ODD", outputs=(TensorSpec((1, 4)),)), ("stem.conv",)),
    ]
    return Deployed(Graph("net", nodes, ["stem.odd"]), {"stem.conv": ("stem.conv", "stem.relu")})


def cut(layers: dict, missing: dict | None = None, way: IsolatedWay | None = SUMS) -> Isolated:
    return Isolated(way, layers, missing or {}, ())


def in_place() -> InPlaceFound:
    way = InPlaceWay(plain=timing(400), profiled=timing(401), cost=FINE, sum=timing(400), ratio=FINE)
    return InPlaceFound(way, BOTH, {}, {})


def test_layers_are_described_as_deployed() -> None:
    conv, odd = assembled(network(), Found()).layers
    assert (conv.name, conv.block, conv.op, conv.op_type) == ("stem.conv", "stem", "conv 3×3 + relu", "conv 3×3")
    assert conv.sources == ("stem.conv", "stem.relu")
    assert conv.macs == 16 * 2 * 9 * 2
    assert conv.bytes == 4 * (32 + 32 + 36 + 2)
    assert (odd.macs, odd.sources) == (None, ("stem.odd",))


def test_shares_are_of_the_time_of_all_layers_in_the_better_way_that_each_has() -> None:
    profile = assembled(
        network(),
        Found(isolated=cut({"stem.conv": timing(100)}, {"stem.odd": "nobody knows it"}), in_place=in_place()),
    )
    assert [layer.share for layer in profile.layers] == [pytest.approx(0.5), pytest.approx(0.5)]
    assert profile.layers[1].not_isolated_because == "nobody knows it"


def test_a_roof_gives_each_layer_its_least_time() -> None:
    roof = RoofRecord(peak_gops={"float32": 2.0}, memory_gbs=1e9, cache_gbs=2e9, cache_bytes=2000)
    profile = assembled(network(), Found(in_place=in_place(), roof=roof))
    conv, odd = profile.layers
    assert conv.least_ns == pytest.approx(conv.macs)
    assert odd.least_ns is None


def test_one_way_that_failed_leaves_the_others_figures_and_a_profile_untrusted() -> None:
    profile = assembled(network(), Found(isolated_failure=Failure(kind="crash", message="gone"), in_place=in_place()))
    assert profile.isolated_failure is not None
    assert profile.layers[0].in_place == timing(300)
    assert profile.verdict == "untrusted"


def test_layers_that_no_process_measured_together_are_a_failure_of_that_way() -> None:
    profile = assembled(network(), Found(isolated=cut({"stem.conv": timing(1)}, way=None)))
    assert profile.isolated_failure is not None
    assert "together" in profile.isolated_failure.message


def test_a_network_of_which_nothing_can_be_cut_out_says_why() -> None:
    profile = assembled(network(), Found(isolated=cut({}, {"stem.odd": "nobody knows it"}, way=None)))
    assert profile.isolated_failure is not None
    assert "nobody knows it" in profile.isolated_failure.message


def test_the_wholes_doubts_are_the_profiles() -> None:
    from msgspec.structs import replace

    grave = Doubt(kind="throttled", message="hot", grave=True)
    whole = replace(result([400] * 3), doubts=(grave,), verdict="untrusted")
    profile = assembled(network(), Found(whole=whole, isolated=cut(BOTH)))
    assert profile.doubts == (grave,)
    assert profile.verdict == "untrusted"
    assert profile.whole is not None
    assert profile.whole.ns == pytest.approx(400)


def test_a_network_that_cannot_be_followed_has_a_profile_without_layers() -> None:
    assert assembled(None, Found(in_place=in_place())).layers == ()


def test_what_adds_up_is_trusted() -> None:
    assert assembled(network(), Found(whole=result([400] * 3), isolated=cut(BOTH), in_place=in_place())).verdict == (
        "trusted"
    )
