from __future__ import annotations

import io

from rich.console import Console
from sample_report import sample_profile, sample_report

from pibench.cli.profile_table import notes, show_profile
from pibench.profile.grouping import By
from pibench.report import Profile


def shown(by: By = "layer", *, longest_first: bool = False, width: int = 160) -> str:
    console = Console(file=io.StringIO(), width=width)
    show_profile(sample_report().results[0], sample_profile(), by, console, longest_first=longest_first)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_every_layer_has_its_line_with_both_times_and_what_it_costs() -> None:
    text = shown()
    (line,) = [line for line in text.splitlines() if line.startswith("stage1.block1.conv")]
    for figure in ("conv 3×3 /2 + relu", "0.1500", "±1.3 %", "0.151", "±7.3 %", "75 %", "1.00 k", "13.3", "67 %"):
        assert figure in line
    (unknown,) = [line for line in text.splitlines() if line.startswith("custom")]
    assert "–" in unknown


def test_below_stand_the_sums_the_profilers_cost_what_is_unmapped_the_roof_and_the_doubts() -> None:
    lines = list(notes(sample_profile()))
    text = "\n".join(lines)
    for phrase in (
        "whole      200 ns ±2.5 %",
        "without 1 of 2 layers take 151 ns",
        "0.755 (95 %: 0.745 to 0.765) of the whole",
        "202 ns ±1.0 %, 1.010 (95 %: 1.000 to 1.020) of the whole",
        "1.015 (95 %: 1.010 to 1.020) of what it takes without",
        "Delegate (NCHW) 1 ns",
        "20 GOP/s in float32",
        "untrusted, way failed: isolated: gone",
    ):
        assert phrase in text


def test_groups_say_how_many_layers_they_have() -> None:
    text = shown("block")
    assert text.splitlines()[1].startswith("block")
    assert "layers" in text.splitlines()[1]
    assert "stage1.block1 " in text


def test_the_longest_may_come_first() -> None:
    names = [line.split()[0] for line in shown(longest_first=True).splitlines()[2:4]]
    assert names == ["stage1.block1.conv", "custom"]


def test_a_profile_without_layers_still_has_its_notes() -> None:
    console = Console(file=io.StringIO(), width=100)
    show_profile(sample_report().results[0], Profile(layers=(), whole=sample_profile().whole), "layer", console)
    assert isinstance(console.file, io.StringIO)
    assert "whole" in console.file.getvalue()
