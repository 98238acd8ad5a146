from __future__ import annotations

import pytest

from pibench.models.architectures import architectures, build
from pibench.thesis import Row, figures

BUILT = [row for row in figures().rows if row.architecture in architectures()]


def test_there_are_the_51_rows_of_the_thesis_and_nasnet_which_was_only_timed() -> None:
    rows = figures().rows
    assert len({row.name for row in rows}) == len(rows) == 52
    assert [row.name for row in rows if not row.accuracies] == ["nasnet_d6_w32_cosine"]
    assert [row.name for row in rows if row.latency_ms is None] == ["wideresnet_40_4_se2_for_KD"]
    assert sum(row.distilled for row in rows) == 19


@pytest.mark.parametrize("row", BUILT, ids=lambda row: row.name)
def test_every_row_can_be_built_and_has_the_thesis_counts(row: Row) -> None:
    graph = build(row.spec)
    if row.macs is not None:
        assert (graph.total_parameters, graph.total_macs) == (row.parameters, row.macs)


def test_errors_are_means_over_trainings_in_percent() -> None:
    row = Row(name="x", spec="a:b=1", accuracies=(0.9, 0.92, 0.91))
    assert row.error_percent == pytest.approx(9.0)
    assert row.error_sd_percent == pytest.approx(1.0)
    assert Row(name="x", spec="a", accuracies=(0.9,)).error_sd_percent is None
    assert Row(name="x", spec="a").error_percent is None


def test_rows_are_found_by_architecture() -> None:
    assert {row.architecture for row in figures().of("mnasnet")} == {"mnasnet"}
    assert len(figures().of("mnasnet")) == 9
    assert figures().of("densenet") == ()
