"""What a reader of a profile should know, and what makes it untrusted. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pibench.report import Doubt, Failure, LayerProfile, Profile, Ratio

# Layers that are timed rightly add up to the network within this.
SUM_TOLERANCE = 0.05
# Of the time of all layers.
UNTRUSTED_SHARE = 0.1
UNMAPPED_SHARE = 0.05
# The profiler's own cost, beyond which its figures are of another network than the plain one.
PROFILER_COST = 0.02
# Two ways differ where their intervals do not meet, and it is by enough to matter to someone.
LAYER_DIFFERENCE = 0.1
NETWORK_DIFFERENCE = 0.005
_FEW_NAMES = 4


def doubts_about_profile(profile: Profile, untrusted: Sequence[str]) -> tuple[Doubt, ...]:
    """Everything to be said below a profile, what makes it untrusted first; ``untrusted``: layers by name."""
    doubts = (
        *_of_failures(profile),
        *_of_sums(profile),
        *_of_untrusted(profile.layers, untrusted),
        *_of_missing(profile),
        *_of_ways(profile),
        *_of_profiler(profile),
    )
    return tuple(sorted(doubts, key=lambda doubt: not doubt.grave))


def _of_failures(profile: Profile) -> Iterator[Doubt]:
    ways: tuple[tuple[str, Failure | None], ...] = (
        ("isolated", profile.isolated_failure),
        ("in place", profile.in_place_failure),
    )
    for name, failure in ways:
        if failure:
            yield Doubt(kind="way_failed", message=f"{name}: {failure.message}", grave=True)
    if profile.roof_problem:
        yield Doubt(kind="roof_doubtful", message=f"the roof: {profile.roof_problem}")


def _of_sums(profile: Profile) -> Iterator[Doubt]:
    if profile.isolated:
        complete = all(layer.isolated for layer in profile.layers)
        # What lacks layers may be less than the whole, not more.
        if complete or profile.isolated.ratio.ratio > 1:
            yield from _of_sum("isolated", profile.isolated.ratio)
    if way := profile.in_place:
        # The profiler's own cost, which is told apart, may be in the sum too, or fall between the operations.
        explained = min(max(way.ratio.ratio, 1.0), max(way.cost.ratio, 1.0))
        yield from _of_sum("in place", _divided(way.ratio, explained))


def _divided(ratio: Ratio, by: float) -> Ratio:
    low, high = (None if bound is None else bound / by for bound in (ratio.low, ratio.high))
    return Ratio(ratio=ratio.ratio / by, low=low, high=high)


def _of_sum(way: str, sum_ratio: Ratio) -> Iterator[Doubt]:
    off = sum_ratio.ratio - 1
    if abs(off) <= SUM_TOLERANCE:
        return
    surely = _is_beyond(sum_ratio, SUM_TOLERANCE)
    hint = "do not add up" if surely else "may not add up: stop other work and run it again"
    more = "more" if off > 0 else "less"
    yield Doubt(
        kind="sum_differs",
        message=f"{way}, the layers take {abs(off):.1%} {more} than the whole network: they {hint}",
        grave=surely,
    )


def _is_beyond(ratio: Ratio, tolerance: float) -> bool:
    """Wholly, with its interval; never without one."""
    if ratio.low is None or ratio.high is None:
        return False
    return ratio.low > 1 + tolerance or ratio.high < 1 - tolerance


def _of_untrusted(layers: Sequence[LayerProfile], untrusted: Sequence[str]) -> Iterator[Doubt]:
    if not untrusted:
        return
    share = sum(layer.share or 0.0 for layer in layers if layer.name in set(untrusted))
    yield Doubt(
        kind="layers_untrusted",
        message=f"the figures of {named(untrusted)} are untrusted ({share:.1%} of the time):"
        " the report has the reasons",
        grave=share > UNTRUSTED_SHARE,
    )


def _of_missing(profile: Profile) -> Iterator[Doubt]:
    missing = [layer for layer in profile.layers if layer.not_isolated_because]
    # Where the whole way failed, that is told already.
    if not missing or not profile.isolated:
        return
    reasons = list(dict.fromkeys(layer.not_isolated_because for layer in missing))
    more = f"; and {len(reasons) - 1} more reasons" if len(reasons) > 1 else ""
    yield Doubt(
        kind="layers_missing",
        message=f"the sum of isolated layers is without {named([layer.name for layer in missing])}: {reasons[0]}{more}",
    )


def _of_ways(profile: Profile) -> Iterator[Doubt]:
    if differing := differing_layers(profile):
        names = [f"{layer.name} ({_difference(layer):+.0%} in place)" for layer in differing]
        yield Doubt(
            kind="ways_differ", message=f"the two ways disagree about {named(names)}, beyond what their intervals allow"
        )


def differing_layers(profile: Profile) -> list[LayerProfile]:
    """Layers whose two times have intervals that do not meet, and differ by an amount that matters; worst first."""
    total_ns = sum(layer.timing.ns for layer in profile.layers if layer.timing)
    several = {layer.in_place_with for layer in profile.layers}
    differing = [layer for layer in profile.layers if layer.name not in several and _differs(layer, total_ns)]
    return sorted(differing, key=lambda layer: -abs(_difference(layer)))


def _differs(layer: LayerProfile, total_ns: float) -> bool:
    isolated, in_place = layer.isolated, layer.in_place
    if isolated is None or in_place is None:
        return False
    bounds = (isolated.low_ns, isolated.high_ns, in_place.low_ns, in_place.high_ns)
    if any(bound is None for bound in bounds):
        return False
    low, high, other_low, other_high = (bound or 0.0 for bound in bounds)
    apart = other_low > high or other_high < low
    difference_ns = abs(in_place.ns - isolated.ns)
    return apart and difference_ns > max(LAYER_DIFFERENCE * isolated.ns, NETWORK_DIFFERENCE * total_ns)


def _difference(layer: LayerProfile) -> float:
    assert layer.isolated
    assert layer.in_place
    return layer.in_place.ns / layer.isolated.ns - 1


def _of_profiler(profile: Profile) -> Iterator[Doubt]:
    way = profile.in_place
    if way is None:
        return
    if way.cost.low is not None and way.cost.low > 1 + PROFILER_COST:
        yield Doubt(
            kind="profiler_costs",
            message=f"the runtime's profiler makes the network {way.cost.ratio - 1:.1%} slower:"
            " times in place are too long by about as much",
        )
    if way.dropped:
        yield Doubt(
            kind="inferences_dropped",
            message=f"the runtime's profiler had no room for the operations of {way.dropped} inferences:"
            " times in place are without them",
        )
    unmapped_ns = sum(one.ns for one in way.unmapped)
    if unmapped_ns > UNMAPPED_SHARE * way.sum.ns:
        yield Doubt(
            kind="unmapped_ops",
            message=f"{unmapped_ns / way.sum.ns:.1%} of the time in place belongs to no layer:"
            f" {named([one.name for one in way.unmapped])}",
        )


def named(names: Sequence[str]) -> str:
    """A few names, and how many more there are."""
    shown = ", ".join(names[:_FEW_NAMES])
    return f"{shown} and {len(names) - _FEW_NAMES} more" if len(names) > _FEW_NAMES else shown
