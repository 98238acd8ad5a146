from __future__ import annotations

import json
import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace
from sample_report import sample_report
from saved_reports import NET, drawn, net, saved, untrusted, with_model
from timed_results import timed

from pibench.errors import HistoryError
from pibench.history import History, collect, history_of
from pibench.history.series import entries_of
from pibench.report import Condition, Protocol, Report, Result, RuntimeRecord, Tool, save

MS = 1_000_000
BEGIN = datetime(2026, 11, 1, 3, tzinfo=timezone.utc)


def night(number: int, *results: Result, **changes: object) -> Report:
    return saved(*results, created=(BEGIN + timedelta(days=number)).isoformat(), **changes)


def made(reports: list[Report]) -> History:
    return history_of([entry for k, one in enumerate(reports) for entry in entries_of(one, f"{k}.json")], len(reports))


def test_figures_are_in_the_order_in_which_they_were_measured() -> None:
    (series,) = made([night(2, net(3 * MS)), night(0, net(MS)), night(1, net(2 * MS))]).series
    assert [round(point.latency_ns / MS) for point in series.points] == [1, 2, 3]
    assert [point.path for point in series.points] == ["1.json", "2.json", "0.json"]
    assert series.latest.latency_ns == pytest.approx(3 * MS, rel=1e-4)


def test_moments_are_compared_across_time_zones() -> None:
    late = saved(net(2 * MS), created="2026-11-01T02:00:00-05:00")
    early = saved(net(MS), created="2026-11-01T06:00:00+00:00")
    (series,) = made([late, early]).series
    assert [point.created for point in series.points] == ["2026-11-01T06:00:00+00:00", "2026-11-01T07:00:00+00:00"]


@pytest.mark.parametrize(
    "other",
    [
        night(1, net(MS, "other")),
        night(1, net(MS, NET, Condition(threads=2))),
        night(1, net(MS), board="Raspberry Pi 5"),
        night(1, net(MS), protocol=Protocol(statistic="mean")),
    ],
)
def test_subjects_conditions_devices_and_statistics_have_series_of_their_own(other: Report) -> None:
    assert [len(one.points) for one in made([night(0, net(MS)), other, night(2, net(MS))]).series] == [2, 1]


def test_a_kernel_or_a_runtime_does_not_begin_a_new_series() -> None:
    changed = night(1, net(MS), kernel="7.0", runtimes=(RuntimeRecord(name="litert", version="3"),))
    assert len(made([night(0, net(MS)), changed]).series) == 1


def test_what_failed_has_no_figure() -> None:
    assert made([night(0, timed(NET, []))]).series == ()


def test_a_copy_of_a_report_is_the_same_run() -> None:
    (series,) = made([night(0, net(MS)), night(0, net(MS)), night(1, net(MS))]).series
    assert len(series.points) == 2


def test_the_change_against_the_run_before_has_an_interval() -> None:
    (series,) = made([night(0, net(MS)), night(1, net(1.1 * MS))]).series
    assert series.low < series.ratio < series.high
    assert series.ratio == pytest.approx(1.1, rel=1e-4)
    (alone,) = made([night(0, net(MS))]).series
    assert (alone.ratio, alone.run_sd, alone.steps) == (None, None, ())


def test_a_step_is_told_with_what_changed_beside_it() -> None:
    before = [night(k, net(MS * (1 + 0.001 * (k % 2)))) for k in range(5)]
    after = [
        night(
            5 + k,
            with_model(net(1.1 * MS), "cd" * 32),
            kernel="7.0",
            governor="performance",
            tool=Tool(name="pibench", version="9"),
            runtimes=(RuntimeRecord(name="litert", version="2.4"), RuntimeRecord(name="tflite", version="1")),
        )
        for k in range(4)
    ]
    (series,) = made([*before, *after]).series
    (step,) = series.steps
    assert step.created == "2026-11-06T03:00:00+00:00"
    assert (step.runs_before, step.runs_after, step.verdict) == (5, 4, "trusted")
    assert step.low < 1.0995 < step.high
    assert step.to_ns / step.from_ns == pytest.approx(step.ratio)
    assert set(step.changes) == {
        "kernel: 6.12 → 7.0",
        "governor: ondemand → performance",
        "litert: 2.3.0 → 2.4",
        "pibench: 0.1.0 → 9",
        "model: ab → cdcdcdcdcdcd",
    }
    assert series.model_changes == ("2026-11-06T03:00:00+00:00",)


def test_one_run_that_stands_out_is_apart_and_no_step() -> None:
    (series,) = made([night(k, net((1.2 if k == 3 else 1) * MS)) for k in range(8)]).series
    assert series.steps == ()
    assert [k for k, point in enumerate(series.points) if point.apart] == [3]


def test_untrusted_runs_are_shown_and_make_no_step_where_trusted_ones_are_enough() -> None:
    reports = [night(k, net(MS)) for k in range(5)] + [night(5 + k, untrusted(net(1.2 * MS))) for k in range(3)]
    (series,) = made(reports).series
    assert [point.verdict for point in series.points].count("untrusted") == 3
    assert series.steps == ()


def test_where_nothing_else_is_there_untrusted_runs_make_an_untrusted_step() -> None:
    (series,) = made([night(k, untrusted(net((1.2 if k > 3 else 1) * MS))) for k in range(8)]).series
    assert [(step.created[:10], step.verdict) for step in series.steps] == [("2026-11-05", "untrusted")]


def test_runs_of_a_single_process_are_as_wide_as_the_others() -> None:
    reports = [night(k, net(MS)) for k in range(5)] + [night(5, timed(NET, [[MS, MS]]))]
    (series,) = made(reports).series
    assert series.latest.log_variance is None
    assert series.steps == ()


def test_nightly_runs_that_differ_as_runs_do_show_no_step_and_by_how_much_they_differ() -> None:
    rng = np.random.default_rng(1)
    with_steps, sds = 0, []
    for _ in range(60):
        (series,) = made([night(k, drawn(rng, MS, 5, 0.006, 0.003)) for k in range(20)]).series
        with_steps += bool(series.steps)
        sds.append(series.run_sd)
    assert with_steps <= 8
    assert np.median(sds) == pytest.approx(0.006, abs=0.002)


def folder_of(tmp_path: Path, reports: list[Report]) -> Path:
    folder = tmp_path / "reports"
    for k, report in enumerate(reports):
        save(report, folder / f"{'older/' if k % 2 else ''}{k}.json")
    return folder


def test_folders_are_read_with_those_below_and_each_file_once(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, [night(k, net(MS)) for k in range(4)])
    (folder / "latest.json").symlink_to(folder / "2.json")
    (folder / ".half.json").write_text("{")
    (folder / "notes.txt").write_text("none of ours")
    found = collect([folder, folder / "2.json", folder / "older"])
    assert (found.reports, found.skipped) == (4, ())
    assert len(found.series[0].points) == 4


def test_what_is_no_report_is_named_and_passed_over(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, [night(0, net(MS))])
    (folder / "foreign.json").write_text('{"a": 1}')
    (folder / "cut.json").write_bytes((folder / "0.json").read_bytes()[:1000])
    newer = {**json.loads((folder / "0.json").read_bytes()), "schema_version": 2}
    (folder / "newer.json").write_text(json.dumps(newer))
    found = collect([folder])
    assert [Path(one.path).name for one in found.skipped] == ["cut.json", "foreign.json", "newer.json"]
    for one, reason in zip(found.skipped, ("damaged", "has no schema_version", "update pibench"), strict=True):
        assert reason in one.reason


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        (saved(net(MS), created="yesterday"), "its date of creation is 'yesterday'"),
        (
            saved(replace(net(MS), summary=replace(net(MS).summary, latency_ns=-1.0))),
            f"({NET}) has a latency of -1 ns",
        ),
    ],
)
def test_a_report_with_a_date_or_a_figure_that_cannot_be_is_passed_over(
    tmp_path: Path, report: Report, reason: str
) -> None:
    (skipped,) = collect([folder_of(tmp_path, [night(0, net(MS)), report])]).skipped
    assert reason in skipped.reason


def test_no_report_at_all_is_an_error_that_names_one_of_the_files(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(HistoryError, match=r"no pibench report in .*; the first of 1 files that are none: "):
        collect([tmp_path])


def test_a_path_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match=r"gone does not exist: give report files"):
        collect([tmp_path / "gone"])


def test_a_history_survives_json() -> None:
    found = made([night(k, net(MS)) for k in range(5)])
    assert msgspec.json.decode(msgspec.json.encode(found), type=History) == found


def test_results_alike_in_one_report_are_one_run(tmp_path: Path) -> None:
    save(saved(net(MS), net(2 * MS)), tmp_path / "a.json")
    (series,) = collect([tmp_path]).series
    assert [point.latency_ns for point in series.points] == pytest.approx([MS], rel=0.01)


def test_of_a_profile_only_the_network_has_a_history(tmp_path: Path) -> None:
    save(replace(saved(net(MS), net(MS, "a layer")), profile=sample_report().profile), tmp_path / "a.json")
    assert [series.subject for series in collect([tmp_path]).series] == [NET]


def test_what_is_no_file_is_passed_over_and_named(tmp_path: Path) -> None:
    save(saved(net(MS)), tmp_path / "a.json")
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "loop.json").symlink_to(tmp_path / "loop.json")
    (tmp_path / "deep.json").write_text("[" * 200_000)
    found = collect([tmp_path])
    assert found.reports == 1
    assert {Path(one.path).name for one in found.skipped} == {"pipe.json", "loop.json", "deep.json"}
