from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import altair as alt
import pytest
from msgspec.structs import replace
from page_parts import Parts
from page_reports import HOSTILE
from pareto_world import LARGE, MIDDLE, SMALL, WORLD, latency, report, write_world
from saved_reports import untrusted

from pibench.html.pareto_chart import DISTILLED, LEGEND, THESIS
from pibench.html.pareto_page import pareto_page
from pibench.html.pareto_picture import picture
from pibench.html.theme import PAPER
from pibench.models.training.run_folder import run_folders
from pibench.pareto import Pareto, pareto, timings, trainings

COMMAND = ("pibench", "pareto", "runs", "pi3.json", "-o", "a page.html")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Pareto:
    """Two fronts, one of them with an untrusted latency, and the thesis' figures."""
    slow = report([untrusted(latency(SMALL, 1)), latency(MIDDLE, 2), latency(LARGE, 40)])
    fast = report([latency(SMALL, 0.4), latency(MIDDLE, 0.9)], board="Pi 4")
    trained = trainings(run_folders([write_world(tmp_path_factory.mktemp("runs"))]))
    return pareto(trained, [timings("a.json", of) for of in (slow, fast)], thesis=True)


@pytest.fixture(scope="module")
def parts(found: Pareto) -> Parts:
    return Parts(pareto_page(found, COMMAND))


def rows(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for data in spec["datasets"].values() for row in data]


def test_each_front_has_a_chart_and_a_table_and_the_thesis_comes_last(parts: Parts) -> None:
    assert parts.sections == [
        *["front-1", "front-1-table", "front-2", "front-2-table"],
        *["notes", "thesis", "reproduce"],
    ]
    assert len(parts.specs) == 2
    assert "'a page.html'" in parts.text
    assert "Images: CIFAR-10 (the official images)" in parts.text
    assert (
        f"trained and not timed (Pi 4, 64-bit Raspberry Pi OS, litert 2.3.0, 1 thread, median): {LARGE}" in parts.text
    )
    assert "no pibench measured them, they have no intervals" in parts.text


def test_specifications_are_valid_and_as_wide_as_their_place(parts: Parts) -> None:
    for spec in parts.specs:
        alt.Chart.from_dict(spec)  # validates
        assert spec["width"] == "container"
        assert "$schema" not in spec


def test_the_chart_has_every_network_with_both_intervals_and_the_numbers_of_the_table(parts: Parts) -> None:
    points = [row for row in rows(parts.specs[0]) if "number" in row]
    assert [(point["number"], point["network"]) for point in points] == [
        (str(number), spec) for number, (spec, _, _) in enumerate(WORLD, 1)
    ]
    assert all(point["low"] < point["ms"] < point["high"] for point in points)
    assert all(point["error_low"] < point["error"] < point["error_high"] for point in points)
    assert [point["kind"] for point in points] == ["perhaps on it", "on the front", "dominated"]
    assert "latency untrusted: preempted" in points[0]["verdict"]
    assert [point["doubtful"] for point in points] == [True, False, False]
    hollow = [layer for layer in parts.specs[0]["layer"] if layer.get("transform") == [{"filter": "datum.doubtful"}]]
    assert [layer["mark"]["fill"] for layer in hollow] == [PAPER, PAPER]  # the thesis' ones, and ours
    assert not [layer for layer in parts.specs[1]["layer"][5:] if "transform" in layer]
    assert f"1. {SMALL}" in parts.text


def test_the_drawn_front_is_that_of_the_estimates(parts: Parts) -> None:
    steps = [row for row in rows(parts.specs[0]) if set(row) == {"ms", "error"}]
    errors = [row["error"] for row in steps]
    assert errors == pytest.approx([12.033, 9.1, 9.1])
    assert steps[-1]["ms"] == pytest.approx(40, rel=0.01)


def test_the_thesis_is_drawn_only_if_asked_for_and_is_no_part_of_the_front(found: Pareto, parts: Parts) -> None:
    drawn = [row for row in rows(parts.specs[0]) if row.get("kind") in (THESIS, DISTILLED)]
    assert len(drawn) == 50
    assert len([row for row in drawn if row["kind"] == DISTILLED]) == 19
    (doubted,) = (row for row in drawn if row["network"].startswith("shufflenet_v1"))
    assert doubted["doubtful"]
    assert doubted["note"] == "the accuracies are of the trained network: its .tflite file computed something else"
    without = Parts(pareto_page(replace(found, thesis=()), COMMAND))
    assert not [row for row in rows(without.specs[0]) if row.get("kind") in (THESIS, DISTILLED)]
    assert "thesis" not in without.sections
    assert "1 of 3 surely on the front" in without.text
    assert "1 of 3 surely on the front" in parts.text


def test_networks_of_very_different_speed_are_on_a_logarithmic_axis(found: Pareto) -> None:
    first, second = Parts(pareto_page(replace(found, thesis=()), COMMAND)).specs
    kinds = [layer["encoding"]["x"]["scale"]["type"] for spec in (first, second) for layer in spec["layer"]]
    assert set(kinds[: len(first["layer"])]) == {"log"}
    assert set(kinds[len(first["layer"]) :]) == {"linear"}


def test_a_hostile_name_is_text(found: Pareto) -> None:
    front = found.fronts[0]
    placed = replace(front.placed[0], point=replace(front.placed[0].point, network=HOSTILE), by=HOSTILE)
    hostile = replace(
        found, fronts=(replace(front, placed=(placed,)),), notes=(HOSTILE,), untrained={HOSTILE: (HOSTILE,)}, thesis=()
    )
    parts = Parts(pareto_page(hostile, ("pibench", HOSTILE)))
    assert not [attributes for tag, attributes in parts.tags if tag == "img" or "onerror" in attributes]
    assert HOSTILE in parts.text


def test_a_single_network_without_spread_is_a_page(found: Pareto) -> None:
    front = found.fronts[0]
    point = front.placed[0].point
    alone = replace(point, error=replace(point.error, sd=None, runs=1))
    one = replace(found, fronts=(replace(front, placed=(replace(front.placed[0], point=alone),)),))
    parts = Parts(pareto_page(replace(one, thesis=()), COMMAND))
    alt.Chart.from_dict(parts.specs[0])
    assert "Error against latency of 1 network Images" in parts.text
    assert "what another seed would do is not in it" in parts.text


def test_a_picture_is_drawn_with_names_and_without_the_page(found: Pareto, tmp_path: Path) -> None:
    drawn = picture(found, ".svg").decode()
    told = " ".join("".join(ElementTree.fromstring(drawn).itertext()).split())
    assert "var(--" not in drawn
    assert f"1 {SMALL}: 1.0" in re.sub(r"\s+", " ", drawn)
    assert THESIS in drawn
    assert DISTILLED in drawn
    assert "Images: CIFAR-10 (the official images)." in told
    assert LEGEND.split()[-1] in told
    assert picture(replace(found, thesis=()), ".png").startswith(b"\x89PNG")
