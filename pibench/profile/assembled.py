"""The profile of what each way found. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from msgspec.structs import replace

from pibench.graph import Graph, Layer, layers_of
from pibench.graph.ops import Opaque
from pibench.profile.deployed import Deployed, blocks_of, op_type
from pibench.profile.doubts import doubts_about_profile
from pibench.profile.isolated import Isolated
from pibench.profile.roof import least_ns
from pibench.report import Failure, InPlaceWay, LayerProfile, Profile, Result, RoofRecord, Timing, Verdict

_NOTHING_TOGETHER = Failure(kind="error", message="no process measured the network and its layers together")


class InPlaceFound(NamedTuple):
    """What the runtime's profiler told: its sums, and by layer's name its time and how coarse that was taken.

    ``drawn_in``: layers without a time of their own, and the layer whose time includes theirs.
    """

    way: InPlaceWay
    layers: Mapping[str, Timing]
    step_ns: Mapping[str, int]
    drawn_in: Mapping[str, str]


class Found(NamedTuple):
    """What there is to make a profile of; None for a way that was not taken or gave nothing, with its failure.

    ``whole``: the network's result beside which the layers were timed.
    """

    whole: Result | None = None
    isolated: Isolated | None = None
    isolated_failure: Failure | None = None
    in_place: InPlaceFound | None = None
    in_place_failure: Failure | None = None
    roof: RoofRecord | None = None
    roof_problem: str = ""


def assembled(network: Deployed | None, found: Found) -> Profile:
    """The profile, with its doubts and verdict. A network that cannot be followed has no layers to name."""
    profile = Profile(
        layers=_layers(network, found) if network else (),
        whole=_whole(found.whole),
        isolated=found.isolated.way if found.isolated else None,
        isolated_failure=found.isolated_failure or _nothing_isolated(found.isolated),
        in_place=found.in_place.way if found.in_place else None,
        in_place_failure=found.in_place_failure,
        roof=found.roof,
        roof_problem=found.roof_problem,
    )
    own = doubts_about_profile(profile, found.isolated.untrusted if found.isolated else ())
    of_whole = found.whole.doubts if found.whole else ()
    doubts = tuple(sorted((*of_whole, *own), key=lambda doubt: not doubt.grave))
    verdict: Verdict = "untrusted" if any(doubt.grave for doubt in doubts) else "trusted"
    return replace(profile, doubts=doubts, verdict=verdict)


def _nothing_isolated(isolated: Isolated | None) -> Failure | None:
    if isolated is None or isolated.way is not None:
        return None
    if isolated.missing and not isolated.layers:
        reason = next(iter(isolated.missing.values()))
        return Failure(kind="unsupported", message=f"no layer has a time of its own: {reason}")
    return _NOTHING_TOGETHER


def _whole(result: Result | None) -> Timing | None:
    if result is None or result.summary is None:
        return None
    summary = result.summary
    return Timing(ns=summary.latency_ns, low_ns=summary.low_ns, high_ns=summary.high_ns)


def _layers(network: Deployed, found: Found) -> tuple[LayerProfile, ...]:
    layers = layers_of(network.graph)
    blocks = blocks_of(list(layers))
    described = [
        _timed(
            replace(
                _described(network.graph, name, layer, found.roof),
                block=blocks[name],
                sources=network.sources.get(name, (name,)),
            ),
            found,
        )
        for name, layer in layers.items()
    ]
    total_ns = sum(layer.timing.ns for layer in described if layer.timing)
    return tuple(
        replace(layer, share=layer.timing.ns / total_ns) if layer.timing and total_ns else layer for layer in described
    )


def _timed(layer: LayerProfile, found: Found) -> LayerProfile:
    if found.isolated:
        layer = replace(
            layer,
            isolated=found.isolated.layers.get(layer.name),
            not_isolated_because=found.isolated.missing.get(layer.name, ""),
        )
    if found.in_place:
        layer = replace(
            layer,
            in_place=found.in_place.layers.get(layer.name),
            in_place_step_ns=found.in_place.step_ns.get(layer.name, 0),
            in_place_with=found.in_place.drawn_in.get(layer.name, ""),
        )
    return layer


def _described(graph: Graph, name: str, layer: Layer, roof: RoofRecord | None) -> LayerProfile:
    """What is known of a layer before it is timed."""
    outputs = graph.output_specs(next(node for node in graph.nodes if node.name == name))
    dtype = (*layer.inputs, *outputs)[0].dtype
    unknown = isinstance(layer.op, Opaque) and layer.op.has_macs
    macs = None if unknown else layer.macs
    return LayerProfile(
        name=name,
        block="",
        op=layer.op.label,
        op_type=op_type(layer.op.label),
        dtype=dtype,
        sources=(),
        macs=macs,
        bytes=layer.bytes_moved,
        least_ns=least_ns(macs, layer.bytes_moved, dtype, roof) if roof else None,
    )
