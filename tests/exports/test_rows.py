from __future__ import annotations

import pytest
from msgspec.structs import replace
from sample_report import sample_report

from pibench.exports.rows import ROWS, RowKind, figures, layers, samples


@pytest.mark.parametrize("kind", ROWS)
def test_every_row_has_the_same_columns(kind: RowKind) -> None:
    report = sample_report() if kind == "layers" else replace(sample_report(), profile=None)
    rows = list(ROWS[kind](report))
    assert len(rows) > 1
    assert len({tuple(row) for row in rows}) == 1


@pytest.mark.parametrize("kind", ROWS)
def test_every_row_tells_its_subject_and_condition(kind: RowKind) -> None:
    first = next(iter(ROWS[kind](sample_report())))
    wanted = {"subject": "mobilenet_v1:depth=3", "runtime": "litert", "threads": 2, "kernels": "xnnpack", "cpus": ""}
    assert {name: first[name] for name in wanted} == wanted
    assert first["runtime_version"] == "2.3.0"
    assert (first["created"], first["board"]) == (sample_report().created, sample_report().device.name)


def test_a_figure_has_its_interval_its_verdict_and_the_board() -> None:
    measured, failed = figures(replace(sample_report(), profile=None))
    assert (measured["latency_ns"], measured["low_ns"], measured["high_ns"]) == (200.0, 195.0, 205.0)
    assert (measured["verdict"], measured["doubts"]) == ("untrusted", "throttled one_process")
    assert measured["most_memory_bytes"] == 40_000_000
    assert measured["board"] == sample_report().device.name
    assert (failed["latency_ns"], failed["verdict"], failed["failure"]) == (None, None, "the runtime crashed")


def test_a_sample_is_per_inference_and_says_its_block_and_whether_it_counts() -> None:
    rows = list(samples(sample_report()))
    assert [row["latency_ns"] for row in rows] == [200.0, 205.0, 195.0]
    assert [row["invocations"] for row in rows] == [2, 2, 2]
    assert [row["block"] for row in rows] == [0, 0, 1]
    assert [row["sample"] for row in rows] == [0, 1, 2]
    assert [row["set_aside"] for row in rows] == [False, False, True]
    assert [row["start_ns"] for row in rows] == [1000, 2000, 3000]


def test_a_layer_has_both_ways_and_nothing_where_one_is_missing() -> None:
    conv, unknown = layers(sample_report())
    assert (conv["layer"], conv["isolated_ns"], conv["in_place_ns"]) == ("stage1.block1.conv", 150.0, 151.0)
    assert (unknown["layer_macs"], unknown["isolated_ns"], unknown["in_place_low_ns"]) == (None, None, None)


def test_beside_a_profile_only_its_network_has_a_figure() -> None:
    assert [row["subject"] for row in figures(sample_report())] == ["mobilenet_v1:depth=3"]
