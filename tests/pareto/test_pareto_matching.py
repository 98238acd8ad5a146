from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from pareto_world import IMAGES, LARGE, MIDDLE, SMALL, evaluated, latency, report, write_run, write_world
from sample_report import sample_profile
from saved_reports import untrusted

from pibench.errors import ParetoError, RunError
from pibench.models.architectures import build
from pibench.models.recipes import load_recipe
from pibench.models.training.run_folder import run_folders
from pibench.pareto import Pareto, Timed, pareto, timings, trainings
from pibench.report import Condition, Report, Result
from pibench.tflite import write
from pibench.tflite.weights import random_weights


def first(_: str, conditions: Sequence[Condition]) -> Condition:
    return conditions[0]


def timed(*results: Result, name: str = "a.json", **changes: object) -> list[Timed]:
    return timings(name, report(results, **changes), first)


def together(folder: Path, *reports: list[Timed]) -> Pareto:
    return pareto(trainings(run_folders([folder])), [one for report in reports for one in report])


def networks(found: Pareto) -> list[str]:
    return [one.point.network for front in found.fronts for one in front.placed]


def test_runs_and_latencies_of_one_network_come_together_fastest_first(tmp_path: Path) -> None:
    found = together(write_world(tmp_path), timed())
    (front,) = found.fronts
    assert networks(found) == [SMALL, MIDDLE, LARGE]
    assert [one.standing for one in front.placed] == ["front", "front", "dominated"]
    small = front.placed[0].point
    assert (small.error.runs, small.error.images, small.error.source) == (3, IMAGES, "test")
    assert (small.error.mean, small.error.sd) == pytest.approx((0.12033, 0.0015275), rel=1e-4)
    assert small.latency.ns == pytest.approx(1e6, rel=0.001)
    assert small.macs == build(SMALL).total_macs
    assert (found.notes, found.untrained, front.untimed) == ((), (), ())
    assert [one.point.network for one in front.estimated] == [SMALL, MIDDLE]


def test_a_spec_may_spell_out_its_defaults_and_dropout_is_gone_once_deployed(tmp_path: Path) -> None:
    write_run(tmp_path / "a", f"{SMALL},se=0,classes=10", **evaluated(10))
    write_run(tmp_path / "b", "mobilenet_v2:depth=9,dropout=0.2", **evaluated(9))
    found = together(tmp_path, timed(latency(SMALL, 1), latency("mobilenet_v2:depth=9", 2)))
    assert networks(found) == [f"{SMALL},se=0,classes=10", "mobilenet_v2:depth=9,dropout=0.2"]


def test_one_network_trained_in_two_ways_is_two_points_of_one_latency(tmp_path: Path) -> None:
    quick = load_recipe("quick")
    for seed in (0, 1):
        write_run(tmp_path / f"quick{seed}", SMALL, seed, **evaluated(10 + seed / 10))
        write_run(tmp_path / f"long{seed}", SMALL, seed, replace(quick, epochs=99), **evaluated(8 + seed / 10))
    found = together(tmp_path, timed(latency(SMALL, 1)))
    assert [(one.point.recipe, one.standing, one.by) for one in found.fronts[0].placed] == [
        ("own", "front", f"{SMALL} (quick)"),
        ("quick", "dominated", f"{SMALL} (own)"),
    ]


def test_recipes_of_one_name_are_told_apart_by_epochs_and_images(tmp_path: Path) -> None:
    data = write_run(tmp_path / "a", SMALL, **evaluated(10)).metrics().data
    write_run(tmp_path / "b", SMALL, data=replace(data, train=900), **evaluated(20))
    found = together(tmp_path, timed(latency(SMALL, 1)))
    assert [one.point.recipe for one in found.fronts[0].placed] == [
        "quick, 12 epochs, 45,000 images",
        "quick, 12 epochs, 900 images",
    ]


def test_an_exported_file_is_known_by_its_bytes_whatever_its_name(tmp_path: Path) -> None:
    write_run(tmp_path / "evaluated", SMALL, **evaluated(10, digest="12" * 32))
    folder = write_run(tmp_path / "trained", MIDDLE)
    graph = folder.graph()
    folder.save_arrays("last", random_weights(graph, seed=5))
    exported = hashlib.sha256(write(graph, folder.weights("last"))).hexdigest()
    of_file = [
        latency("x.tflite", 1, kind="file", digest="12" * 32),
        latency("y.tflite", 2, kind="file", digest=exported),
        latency(f"{LARGE}.tflite", 3, kind="file", digest="34" * 32),
        latency("made", 4, kind="graph", digest="12" * 32),
    ]
    found = together(tmp_path, timed(*of_file))
    assert networks(found) == [SMALL, MIDDLE]
    assert found.untrained == (f"{LARGE}.tflite", "made")


def test_a_network_that_learned_groups_is_the_one_that_it_deploys(tmp_path: Path) -> None:
    training, converted = "condensenet:stages=1-1-1,form=training", "condensenet:stages=1-1-1"
    folder = write_run(tmp_path / "run", training, **evaluated(10))
    found = together(tmp_path, timed(latency(training, 3), latency(converted, 2)))
    (one,) = found.fronts[0].placed
    assert (one.point.network, one.point.latency.subject) == (training, converted)
    assert (one.point.macs, one.point.parameters) == (build(converted).total_macs, build(converted).total_parameters)
    assert found.untrained == (training,)
    # A run of an older pibench: it stayed dense.
    (folder.path / "converted.json").rename(folder.path / "other.json")
    assert together(tmp_path, timed(latency(training, 3))).fronts[0].placed[0].point.latency.subject == training


def test_what_has_only_one_of_both_is_told(tmp_path: Path) -> None:
    write_run(tmp_path / "a", SMALL, **evaluated(10))
    write_run(tmp_path / "b", MIDDLE, **evaluated(9))
    found = together(tmp_path, timed(latency(SMALL, 1), latency(LARGE, 3), latency("gone_net:depth=3", 4)))
    assert found.fronts[0].untimed == (MIDDLE,)
    assert found.untrained == (LARGE, "gone_net:depth=3")
    with pytest.raises(ParetoError, match=f" runs are of {SMALL}, {MIDDLE}; the reports of {LARGE}"):
        together(tmp_path, timed(latency(LARGE, 3)))


def test_without_test_errors_it_is_the_validation_images_and_that_is_said(tmp_path: Path) -> None:
    write_run(tmp_path / "a", SMALL, validation_accuracy=0.7)
    one = together(tmp_path, timed()).fronts[0].placed[0].point.error
    assert (one.source, one.mean, one.images) == ("validation", pytest.approx(0.3), 5_000)
    write_run(tmp_path / "b", MIDDLE, **evaluated(9))
    (note,) = together(tmp_path, timed()).notes
    assert note.startswith(f"errors of {SMALL} are on validation images, the others' on test images")


def test_of_runs_with_and_without_a_test_error_only_the_former_count(tmp_path: Path) -> None:
    write_run(tmp_path / "a", SMALL, 0, **evaluated(10))
    write_run(tmp_path / "b", SMALL, 1)
    found = together(tmp_path, timed())
    assert found.fronts[0].placed[0].point.error.runs == 1
    assert found.notes == (f"1 of 2 runs of {SMALL} have no test error: left out",)


def test_runs_that_are_not_done_and_copies_are_left_out_and_told(tmp_path: Path) -> None:
    write_run(tmp_path / "a", SMALL, **evaluated(10))
    write_run(tmp_path / "b", SMALL, **evaluated(10))
    write_run(tmp_path / "c", SMALL, 1, epochs_done=3)
    write_run(tmp_path / "d", SMALL, 2, validation_accuracy=None)
    found = together(tmp_path, timed())
    assert found.fronts[0].placed[0].point.error.runs == 1
    assert [note.partition(" ")[2] for note in found.notes] == [
        "is a copy of another run: left out",
        "is at epoch 3 of 12: left out",
        f"has neither a test nor a validation error: run pibench evaluate {tmp_path / 'd'}",
    ]
    with pytest.raises(ParetoError, match=r"no run has an error yet: .*c is at epoch 3 of 12"):
        trainings(run_folders([tmp_path / "c"]))


def test_runs_on_different_data_sets_are_refused_and_other_images_told(tmp_path: Path) -> None:
    data = write_run(tmp_path / "a", SMALL, **evaluated(10)).metrics().data
    write_run(tmp_path / "b", MIDDLE, data=replace(data, digest="00" * 32, images="other"), **evaluated(10))
    found = together(tmp_path, timed())
    assert found.images == "CIFAR-10 (the official images; not the official images, or not bit for bit)"
    assert found.notes == ("not all runs have the same images of CIFAR-10: their errors are not quite comparable",)
    write_run(tmp_path / "c", LARGE, data=replace(data, name="CIFAR-100"))
    with pytest.raises(ParetoError, match=r"different data sets \(CIFAR-10, CIFAR-100\)"):
        together(tmp_path, timed())


def test_each_board_runtime_version_and_condition_has_a_front_of_its_own(tmp_path: Path) -> None:
    world = write_world(tmp_path)
    four = latency(SMALL, 0.4, Condition(threads=4))
    found = together(
        world,
        timed(),
        timed(latency(SMALL, 0.5), board="Pi 4"),
        timed(four),
        timed(name="again.json"),
        timed(os_bits=32),
    )
    assert [str(front.setting) for front in found.fronts] == [
        "Raspberry Pi 3 Model B Rev 1.2, 64-bit Raspberry Pi OS, litert 2.3.0, 1 thread",
        "Pi 4, 64-bit Raspberry Pi OS, litert 2.3.0, 1 thread",
        "Raspberry Pi 3 Model B Rev 1.2, 64-bit Raspberry Pi OS, litert 2.3.0, 4 threads",
        "Raspberry Pi 3 Model B Rev 1.2, 32-bit Raspberry Pi OS, litert 2.3.0, 1 thread",
    ]
    assert found.fronts[1].untimed == (MIDDLE, LARGE)


def test_of_several_figures_the_trusted_then_the_latest_one_counts(tmp_path: Path) -> None:
    write_run(tmp_path / "a", SMALL, **evaluated(10))
    old = timed(latency(SMALL, 1), name="old.json", created="2026-11-01T00:00:00+00:00")
    new = timed(latency(SMALL, 2), name="new.json", created="2026-11-02T00:00:00+00:00")
    bad = timed(untrusted(latency(SMALL, 3)), name="bad.json", created="2026-11-03T00:00:00+00:00")
    found = together(tmp_path, old, new, bad)
    assert found.fronts[0].placed[0].point.latency.report == "new.json"
    assert found.notes == (f"{SMALL} was timed 3 times: the figure is of {SMALL} in new.json",)
    assert not found.untrusted
    doubted = together(tmp_path, bad)
    assert doubted.fronts[0].placed[0].point.latency.untrusted == "preempted"
    assert doubted.untrusted


def test_a_report_without_a_figure_is_refused_and_layers_of_a_profile_are_no_networks() -> None:
    failed = replace(latency(SMALL, 1), summary=None, verdict=None)
    with pytest.raises(ParetoError, match=r"a\.json has no latency in it: measure networks with pibench bench"):
        timed(failed)
    profiled: Report = replace(report([latency(SMALL, 1), latency("layer", 0.1)]), profile=sample_profile())
    assert [one.latency.subject for one in timings("a.json", profiled, first)] == [SMALL]


def test_which_condition_of_several_is_asked_for() -> None:
    asked: list[tuple[str, int]] = []

    def last(name: str, conditions: Sequence[Condition]) -> Condition:
        asked.append((name, len(conditions)))
        return conditions[-1]

    results = [latency(SMALL, 1 / threads, Condition(threads=threads)) for threads in (1, 4)]
    (one,) = timings("a.json", report(results), last)
    assert (asked, one.setting.condition.threads) == ([("a.json", 2)], 4)


def test_a_damaged_run_is_one_sentence(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "a", SMALL, **evaluated(10))
    (folder.path / "graph.json").write_text("{")
    with pytest.raises(RunError, match=r"graph\.json is damaged"):
        trainings([folder])


def test_weights_of_another_network_do_not_hide_the_error(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "a", SMALL)
    folder.save_arrays("last", {"wrong": np.zeros(3)})
    assert networks(together(tmp_path, timed())) == [SMALL]
