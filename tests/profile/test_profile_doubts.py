from __future__ import annotations

import pytest
from profiles import layer, timing

from pibench.profile.doubts import differing_layers, doubts_about_profile, named
from pibench.report import Doubt, Failure, InPlaceWay, IsolatedWay, Profile, Ratio, Unmapped

FINE = Ratio(ratio=1.0, low=0.99, high=1.01)
CONV = layer(isolated=timing(1000, 10), in_place=timing(1005, 10), share=1.0)


def isolated(ratio: Ratio = FINE) -> IsolatedWay:
    return IsolatedWay(fixed=timing(1), sum=timing(1000), ratio=ratio)


def in_place(
    ratio: Ratio = FINE, cost: Ratio = FINE, unmapped: tuple[Unmapped, ...] = (), dropped: int = 0
) -> InPlaceWay:
    return InPlaceWay(
        plain=timing(1000),
        profiled=timing(1001),
        cost=cost,
        sum=timing(1000),
        ratio=ratio,
        unmapped=unmapped,
        dropped=dropped,
    )


def only(profile: Profile, *untrusted: str) -> Doubt:
    (doubt,) = doubts_about_profile(profile, untrusted)
    return doubt


def test_two_ways_that_add_up_and_agree_leave_no_doubt() -> None:
    assert doubts_about_profile(Profile(layers=(CONV,), isolated=isolated(), in_place=in_place()), ()) == ()


@pytest.mark.parametrize(
    ("ratio", "grave"),
    [
        (Ratio(ratio=1.08, low=1.06, high=1.1), True),
        (Ratio(ratio=0.9, low=0.85, high=0.94), True),
        (Ratio(ratio=1.08, low=1.0, high=1.16), False),
        (Ratio(ratio=1.08, low=None, high=None), False),
    ],
)
def test_a_sum_that_is_surely_off_is_grave(ratio: Ratio, grave: bool) -> None:
    doubt = only(Profile(layers=(CONV,), isolated=isolated(ratio)))
    assert (doubt.kind, doubt.grave) == ("sum_differs", grave)
    assert ("more" if ratio.ratio > 1 else "less") in doubt.message
    assert only(Profile(layers=(CONV,), in_place=in_place(ratio))).grave is grave


def test_a_sum_that_lacks_a_layer_is_not_held_against_the_whole_but_says_what_it_lacks() -> None:
    layers = (CONV, layer("odd", missing="nobody knows it"))
    doubt = only(Profile(layers=layers, isolated=isolated(Ratio(ratio=0.5, low=0.4, high=0.6))))
    assert (doubt.kind, doubt.grave) == ("layers_missing", False)
    assert "without odd: nobody knows it" in doubt.message


def test_a_part_that_takes_more_than_the_whole_is_grave() -> None:
    layers = (CONV, layer("odd", missing="nobody knows it"))
    doubts = doubts_about_profile(Profile(layers=layers, isolated=isolated(Ratio(ratio=1.5, low=1.4, high=1.6))), ())
    assert [(doubt.kind, doubt.grave) for doubt in doubts] == [("sum_differs", True), ("layers_missing", False)]


@pytest.mark.parametrize("way", ["isolated_failure", "in_place_failure"])
def test_a_way_that_failed_leaves_the_other_unchecked(way: str) -> None:
    doubt = only(Profile(layers=(CONV,), **{way: Failure(kind="crash", message="it crashed")}))
    assert (doubt.kind, doubt.grave) == ("way_failed", True)
    assert "it crashed" in doubt.message


def test_a_missing_roof_is_told_and_not_grave() -> None:
    assert not only(Profile(layers=(CONV,), roof_problem="no such instruction")).grave


@pytest.mark.parametrize(("share", "grave"), [(0.5, True), (0.05, False)])
def test_untrusted_layers_are_grave_where_they_take_much_of_the_time(share: float, grave: bool) -> None:
    doubt = only(Profile(layers=(layer("x", isolated=timing(1), share=share),), isolated=isolated()), "x")
    assert (doubt.kind, doubt.grave) == ("layers_untrusted", grave)


def test_layers_that_the_ways_disagree_about_are_named_worst_first() -> None:
    far = layer("far", isolated=timing(1000, 10), in_place=timing(1500, 10))
    near = layer("near", isolated=timing(1000, 10), in_place=timing(1200, 10))
    profile = Profile(layers=(CONV, near, far))
    assert differing_layers(profile) == [far, near]
    assert "far (+50% in place), near (+20% in place)" in only(profile).message


@pytest.mark.parametrize(
    "one",
    [
        layer("wide", isolated=timing(1000, 400), in_place=timing(1500, 400)),
        layer("small", isolated=timing(1, 0.1), in_place=timing(2, 0.1)),
        layer("close", isolated=timing(1000, 1), in_place=timing(1010, 1)),
        layer("unbounded", isolated=timing(1000, None), in_place=timing(1500, 1)),
        layer("alone", isolated=timing(1000, 1)),
    ],
)
def test_what_chance_or_nothing_worth_speaking_of_explains_is_no_disagreement(one: object) -> None:
    assert differing_layers(Profile(layers=(CONV, one))) == []


def test_a_profiler_that_costs_much_is_told() -> None:
    doubt = only(Profile(layers=(CONV,), in_place=in_place(cost=Ratio(ratio=1.2, low=1.15, high=1.25))))
    assert (doubt.kind, doubt.grave) == ("profiler_costs", False)
    assert "20.0%" in doubt.message


@pytest.mark.parametrize("off", [1.0, 1.1, 1.25])
def test_a_sum_in_place_that_the_profilers_cost_explains_is_not_doubted(off: float) -> None:
    way = in_place(Ratio(ratio=off, low=off, high=off), cost=Ratio(ratio=1.25, low=1.24, high=1.26))
    assert only(Profile(layers=(CONV,), in_place=way)).kind == "profiler_costs"


@pytest.mark.parametrize("off", [0.9, 1.35])
def test_a_sum_in_place_beyond_what_the_cost_explains_is_doubted(off: float) -> None:
    way = in_place(Ratio(ratio=off, low=off, high=off), cost=Ratio(ratio=1.25, low=1.24, high=1.26))
    kinds = {doubt.kind: doubt.grave for doubt in doubts_about_profile(Profile(layers=(CONV,), in_place=way), ())}
    assert kinds == {"sum_differs": True, "profiler_costs": False}


def test_time_that_belongs_to_no_layer_is_told_where_it_is_much() -> None:
    doubt = only(Profile(layers=(CONV,), in_place=in_place(unmapped=(Unmapped(name="Copy", ns=100),))))
    assert doubt.kind == "unmapped_ops"
    assert "10.0% of the time" in doubt.message
    assert "Copy" in doubt.message


def test_inferences_that_the_profiler_had_no_room_for_are_told() -> None:
    doubt = only(Profile(layers=(CONV,), in_place=in_place(dropped=7)))
    assert (doubt.kind, doubt.grave) == ("inferences_dropped", False)
    assert "7 inferences" in doubt.message


def test_grave_doubts_come_first() -> None:
    profile = Profile(
        layers=(CONV,), in_place_failure=Failure(kind="crash", message="gone"), roof_problem="none", isolated=isolated()
    )
    assert [doubt.grave for doubt in doubts_about_profile(profile, ())] == [True, False]


def test_many_names_are_counted() -> None:
    assert named(["a", "b"]) == "a, b"
    assert named(list("abcdef")) == "a, b, c, d and 2 more"
