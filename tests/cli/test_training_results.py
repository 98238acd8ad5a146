from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from pareto_world import LARGE, SMALL, evaluated, write_run

from pibench.cli.training_results import show_evaluated, show_trained
from pibench.models.recipes import load_recipe
from pibench.models.training.run_folder import run_folders


def shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Lines about several runs."""
    show_evaluated([(run, run.metrics()) for run in run_folders([folder])])
    return [line for line in capsys.readouterr().out.splitlines() if "standard deviation" in line]


def test_each_network_has_the_mean_and_spread_of_its_own_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for spec, errors in ((SMALL, (30, 32)), (LARGE, (10, 14))):
        for seed, error in enumerate(errors):
            write_run(tmp_path / f"{spec}{seed}", spec, seed=seed, **evaluated(error))
    assert shown(tmp_path, capsys) == [
        f"{SMALL}: test error of the .tflite files: 31.00 ± 1.41 % (mean and standard deviation of 2 runs)",
        f"{LARGE}: test error of the .tflite files: 12.00 ± 2.83 % (mean and standard deviation of 2 runs)",
    ]


def test_runs_that_learnt_in_different_ways_have_no_mean_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_run(tmp_path / "short", SMALL, seed=0, **evaluated(60))
    write_run(tmp_path / "long", SMALL, seed=1, recipe=replace(load_recipe("quick"), epochs=200), **evaluated(10))
    assert shown(tmp_path, capsys) == []


def test_paths_are_shown_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    for name in ("[red]x[/red]", "a[/b]"):
        write_run(tmp_path / name, SMALL, training_s=1.0, **evaluated(30))
    runs = [(run, run.metrics()) for run in run_folders([Path()])]
    for show in (show_trained, show_evaluated):
        show(runs)
        assert "[red]x[/red]" in capsys.readouterr().out.replace("\n", "")


def test_a_copy_of_a_run_adds_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("one", "copy"):
        write_run(tmp_path / name, SMALL, seed=0, **evaluated(30))
    assert shown(tmp_path, capsys) == []
