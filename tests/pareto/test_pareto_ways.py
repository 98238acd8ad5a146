from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from pareto_world import LARGE, MIDDLE, SMALL, evaluated, report, write_run

from pibench.models.recipes import load_recipe
from pibench.models.training.run_folder import run_folders
from pibench.pareto import Pareto, pareto, timings, trainings
from pibench.pareto.differing import Named, differing, told_apart


def together(folder: Path) -> Pareto:
    return pareto(trainings(run_folders([folder])), [timings("a.json", report())])


def test_only_facts_that_are_not_the_same_everywhere_differ() -> None:
    assert differing([{"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "3"}, {"a": "1", "b": "3", "c": "3"}]) == ["b"]
    assert differing([]) == differing([{"a": "1"}]) == []


def test_a_name_of_two_things_has_the_digest_beside_it_and_a_thing_of_two_names_the_first() -> None:
    things = [Named("a", "1234567"), Named("a", "abcdefg"), Named("b", "7654321"), Named("c", "7654321")]
    assert told_apart(things) == ["a #123456", "a #abcdef", "b", "b"]


def test_networks_that_were_not_trained_alike_say_how_and_it_is_told(tmp_path: Path) -> None:
    """Equal names of recipes hide other epochs and images."""
    data = write_run(tmp_path / "a", SMALL, **evaluated(21)).metrics().data
    longer = replace(load_recipe("quick"), epochs=200)
    write_run(tmp_path / "b", MIDDLE, recipe=longer, **evaluated(9))
    write_run(tmp_path / "c", LARGE, data=replace(data, train=810, validation=90), **evaluated(20))
    found = together(tmp_path)
    assert [one.point.training for one in found.fronts[0].placed] == [
        "10 epochs, 45,000 of 50,000 images",
        "200 epochs, 45,000 of 50,000 images",
        "10 epochs, 810 of 900 images",
    ]
    assert found.fronts[0].placed[2].by == f"{MIDDLE} (200 epochs, 45,000 of 50,000 images)"
    assert found.notes == (
        "not all networks were trained alike: what differs stands beside them, and has its part in their errors",
    )


def test_networks_that_were_trained_alike_have_their_names_alone(tmp_path: Path) -> None:
    for spec in (SMALL, MIDDLE):
        write_run(tmp_path / spec, spec, **evaluated(10))
    found = together(tmp_path)
    assert [one.point.label for one in found.fronts[0].placed] == [SMALL, MIDDLE]
    assert found.notes == ()


def test_the_share_that_is_held_out_is_told_as_images(tmp_path: Path) -> None:
    data = write_run(tmp_path / "a", SMALL, **evaluated(10)).metrics().data
    nothing_held_out = replace(load_recipe("quick"), validation=0.0)
    of_all = replace(data, train=50_000, validation=0)
    write_run(tmp_path / "b", SMALL, 0, nothing_held_out, data=of_all, **evaluated(9))
    assert [one.point.training for one in together(tmp_path).fronts[0].placed] == [
        "50,000 of 50,000 images",
        "45,000 of 50,000 images",
    ]


def test_recipes_of_one_name_that_say_something_else_are_told_apart_and_descriptions_do_not_count(
    tmp_path: Path,
) -> None:
    quick = load_recipe("quick")
    ways = (quick, replace(quick, momentum=0.8), replace(quick, description="the same"))
    for (number, recipe), seed in product(enumerate(ways), (0, 1)):
        write_run(tmp_path / f"{number}-{seed}", SMALL, 2 * number + seed, recipe, **evaluated(10 + number + seed / 10))
    labels = [one.point.label for one in together(tmp_path).fronts[0].placed]
    assert len(set(labels)) == 2
    assert all(label.startswith(f"{SMALL} (quick #") for label in labels)


@pytest.mark.parametrize("other", [{"images": "other", "digest": "00" * 32}, {"digest": "00" * 32}])
def test_other_images_are_another_training(other: dict[str, Any], tmp_path: Path) -> None:
    data = write_run(tmp_path / "a", SMALL, **evaluated(10)).metrics().data
    write_run(tmp_path / "b", SMALL, data=replace(data, **other), **evaluated(11))
    labels = {one.point.label for one in together(tmp_path).fronts[0].placed}
    assert labels == (
        {f"{SMALL} (official images)", f"{SMALL} (other images)"}
        if "images" in other
        else {f"{SMALL} (official images #efefef)", f"{SMALL} (official images #000000)"}
    )
