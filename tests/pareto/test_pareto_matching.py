from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

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
from pibench.pareto import Pareto, Timings, pareto, timings, trainings
from pibench.report import Condition, Report, Result
from pibench.tflite import write
from pibench.tflite.weights import random_weights

SETTING = "Raspberry Pi 3 Model B Rev 1.2, 64-bit Raspberry Pi OS, litert 2.3.0, 1 thread, median"
THESIS_NETWORK = "mobilenet_v2:depth=9,width=24,expansion=4"


def timed(*results: Result, name: str = "a.json", **changes: object) -> Timings:
    return timings(name, report(results, **changes))


def together(folder: Path, *reports: Timings, thesis: bool = False) -> Pareto:
    return pareto(trainings(run_folders([folder])), reports, thesis=thesis)


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
    assert (found.notes, found.untrained, front.untimed) == ((), {}, ())
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
    assert [(one.point.label, one.standing, one.by) for one in found.fronts[0].placed] == [
        (f"{SMALL} (99 epochs)", "front", f"{SMALL} (10 epochs)"),
        (f"{SMALL} (10 epochs)", "dominated", f"{SMALL} (99 epochs)"),
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
    assert found.untrained == {"a.json": (f"{LARGE}.tflite", "made")}


def test_the_file_that_was_evaluated_is_known_and_the_one_that_is_exported_now(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "a", SMALL, **evaluated(10, digest="12" * 32))
    folder.save_arrays("last", random_weights(folder.graph(), seed=5))
    exported = hashlib.sha256(write(folder.graph(), folder.weights("last"))).hexdigest()
    for digest in ("12" * 32, exported):
        assert networks(together(tmp_path, timed(latency("x.tflite", 1, kind="file", digest=digest)))) == [SMALL]


def test_a_network_that_learned_groups_is_the_one_that_it_deploys(tmp_path: Path) -> None:
    training, converted = "condensenet:stages=1-1-1,form=training", "condensenet:stages=1-1-1"
    folder = write_run(tmp_path / "run", training, **evaluated(10))
    found = together(tmp_path, timed(latency(training, 3), latency(converted, 2)))
    (one,) = found.fronts[0].placed
    assert (one.point.network, one.point.latency.subject) == (training, converted)
    assert (one.point.macs, one.point.parameters) == (build(converted).total_macs, build(converted).total_parameters)
    assert found.untrained == {"a.json": (training,)}
    # A run of an older pibench: it stayed dense.
    (folder.path / "converted.json").rename(folder.path / "other.json")
    assert together(tmp_path, timed(latency(training, 3))).fronts[0].placed[0].point.latency.subject == training


def test_what_has_only_one_of_both_is_told(tmp_path: Path) -> None:
    write_run(tmp_path / "a", SMALL, **evaluated(10))
    write_run(tmp_path / "b", MIDDLE, **evaluated(9))
    found = together(tmp_path, timed(latency(SMALL, 1), latency(LARGE, 3), latency("gone_net:depth=3", 4)))
    assert found.fronts[0].untimed == (MIDDLE,)
    assert found.untrained == {"a.json": (LARGE, "gone_net:depth=3")}
    with pytest.raises(ParetoError, match=f" runs are of {SMALL}, {MIDDLE}; the reports of {LARGE}"):
        together(tmp_path, timed(latency(LARGE, 3)))


def test_without_test_errors_it_is_the_validation_images_and_that_is_said(tmp_path: Path) -> None:
    write_run(tmp_path / "a", SMALL, validation_accuracy=0.7)
    one = together(tmp_path, timed()).fronts[0].placed[0].point.error
    assert (one.source, one.mean, one.images) == ("validation", pytest.approx(0.3), 5_000)
    write_run(tmp_path / "b", MIDDLE, **evaluated(9))
    of_two_kinds, of_chance = together(tmp_path, timed()).notes
    assert of_two_kinds.startswith(f"errors of {SMALL} are on validation images, the others' on test images")
    assert of_chance.startswith("not all errors were found on the same images")


def test_validation_errors_of_the_best_epoch_are_said_to_be_too_low(tmp_path: Path) -> None:
    write_run(tmp_path / "a", SMALL, keep="best")
    assert together(tmp_path, timed()).notes == (
        f"errors of {SMALL} are those of the best epoch on the same validation images: too low",
    )
    write_run(tmp_path / "a" / "evaluated", SMALL, keep="best", **evaluated(10))
    assert together(tmp_path / "a" / "evaluated", timed()).notes == ()


def test_of_runs_with_and_without_a_test_error_only_the_former_count(tmp_path: Path) -> None:
    write_run(tmp_path / "a", SMALL, 0, **evaluated(10))
    write_run(tmp_path / "b", SMALL, 1)
    found = together(tmp_path, timed())
    assert found.fronts[0].placed[0].point.error.runs == 1
    assert found.notes == (f"1 of 2 runs of {SMALL} have no test error: left out",)


def test_runs_that_are_not_done_are_left_out_and_told(tmp_path: Path) -> None:
    write_run(tmp_path / "a", SMALL, **evaluated(10))
    write_run(tmp_path / "c", SMALL, 1, epochs_done=3)
    write_run(tmp_path / "d", SMALL, 2, validation_accuracy=None)
    found = together(tmp_path, timed())
    assert found.fronts[0].placed[0].point.error.runs == 1
    assert [note.partition(" ")[2] for note in found.notes] == [
        "is at epoch 3 of 10: left out",
        f"has neither a test nor a validation error: run pibench evaluate {tmp_path / 'd'}",
    ]
    with pytest.raises(ParetoError, match=r"no run has an error yet: .*c is at epoch 3 of 10"):
        trainings(run_folders([tmp_path / "c"]))


@pytest.mark.parametrize(
    ("again", "counts"),
    [
        ({}, "a"),
        ({"created": "2026-11-25T12:00:00+00:00"}, "b"),
        ({"created": "2026-11-25T12:00:00+00:00", "deployed": None}, "a"),
    ],
    ids=["copy", "later", "later, Keras alone"],
)
def test_of_runs_of_one_seed_the_evaluated_or_latest_one_counts_alone(
    again: dict[str, Any], counts: str, tmp_path: Path
) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    write_run(a, SMALL, **evaluated(10))
    write_run(b, SMALL, **(evaluated(11 if again else 10) | again))
    write_run(tmp_path / "c", SMALL, 1, **evaluated(10.5))
    found = together(tmp_path, timed())
    error = found.fronts[0].placed[0].point.error
    assert (error.runs, error.mean) == (2, pytest.approx(0.1025 if counts == "a" else 0.1075))
    kept, left = (a, b) if counts == "a" else (b, a)
    assert found.notes == (f"{left} is the training of {kept} once more (seed 0): left out",)


def test_runs_on_different_data_sets_are_refused_and_other_images_told(tmp_path: Path) -> None:
    data = write_run(tmp_path / "a", SMALL, **evaluated(10)).metrics().data
    write_run(tmp_path / "b", MIDDLE, data=replace(data, digest="00" * 32, images="other"), **evaluated(10))
    found = together(tmp_path, timed())
    assert found.images == "CIFAR-10 (the official images); CIFAR-10 (not the official images, or not bit for bit)"
    assert [one.point.training for one in found.fronts[0].placed] == ["official images", "other images"]
    assert [note.partition(":")[0] for note in found.notes] == [
        "not all networks were trained alike",
        "not all errors were found on the same images",
    ]
    write_run(tmp_path / "c", LARGE, data=replace(data, name="CIFAR-100"))
    with pytest.raises(ParetoError, match=r"data sets \(\S+/a from CIFAR-10, \S+/c from CIFAR-100\)"):
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
        "Raspberry Pi 3 Model B Rev 1.2, 64-bit Raspberry Pi OS, litert 2.3.0, 1 thread, median",
        "Pi 4, 64-bit Raspberry Pi OS, litert 2.3.0, 1 thread, median",
        "Raspberry Pi 3 Model B Rev 1.2, 64-bit Raspberry Pi OS, litert 2.3.0, 4 threads, median",
        "Raspberry Pi 3 Model B Rev 1.2, 32-bit Raspberry Pi OS, litert 2.3.0, 1 thread, median",
    ]
    assert found.fronts[1].untimed == (MIDDLE, LARGE)


def test_of_several_figures_the_trusted_then_the_latest_one_counts(tmp_path: Path) -> None:
    write_run(tmp_path / "a", SMALL, **evaluated(10))
    old = timed(latency(SMALL, 1), name="old.json", created="2026-11-01T00:00:00+00:00")
    new = timed(latency(SMALL, 2), name="new.json", created="2026-11-02T00:00:00+00:00")
    bad = timed(untrusted(latency(SMALL, 3)), name="bad.json", created="2026-11-03T00:00:00+00:00")
    found = together(tmp_path, old, new, bad)
    assert found.fronts[0].placed[0].point.latency.report == "new.json"
    assert found.notes == (
        f"one network was timed 3 times ({SETTING}): the figure is that of {SMALL} in new.json,"
        f" not of {SMALL} in bad.json and {SMALL} in old.json",
    )
    assert not found.untrusted
    doubted = together(tmp_path, bad)
    assert doubted.fronts[0].placed[0].point.latency.untrusted == "preempted"
    assert doubted.untrusted


def test_a_latency_keeps_the_confidence_of_its_interval() -> None:
    checked = latency(SMALL, 1)
    assert checked.summary is not None
    checked = replace(checked, summary=replace(checked.summary, confidence=0.975))
    assert [one.latency.confidence for one in timed(latency(SMALL, 1), checked).timed] == [0.95, 0.975]


def test_a_report_without_a_figure_is_refused_and_layers_of_a_profile_are_no_networks() -> None:
    failed = replace(latency(SMALL, 1), summary=None, verdict=None)
    with pytest.raises(ParetoError, match=r"a\.json has no latency in it: measure networks with pibench bench"):
        timed(failed)
    profiled: Report = replace(report([latency(SMALL, 1), latency("layer", 0.1)]), profile=sample_profile())
    assert [one.latency.subject for one in timings("a.json", profiled).timed] == [SMALL]


def test_conditions_that_are_not_wanted_are_left_out_and_a_report_without_another_is_told(tmp_path: Path) -> None:
    write_run(tmp_path, SMALL, **evaluated(10))
    results = [latency(SMALL, 1 / threads, Condition(threads=threads)) for threads in (1, 4)]
    everything = together(tmp_path, timed(*results))
    assert [front.setting.condition.threads for front in everything.fronts] == [1, 4]
    four = [
        timings(name, report(of), lambda condition: condition.threads == 4)
        for name, of in (("a.json", results), ("b.json", results[:1]))
    ]
    found = together(tmp_path, *four)
    assert [front.setting.condition.threads for front in found.fronts] == [4]
    told = "b.json was measured under litert, 1 thread, and not as was asked for: left out"
    assert found.notes == (told,)
    with pytest.raises(ParetoError, match=f"there is no latency: {told}"):
        together(tmp_path, four[1])


@pytest.mark.parametrize(
    ("ran", "told"),
    [
        ({"macs": 5}, f"had 5 MACs and has {build(SMALL).total_macs:,} here"),
        ({"parameters": 5}, f"had 5 parameters and has {build(SMALL).total_parameters:,} here"),
    ],
)
def test_a_spec_that_built_another_network_when_it_ran_is_left_out(
    ran: dict[str, int], told: str, tmp_path: Path
) -> None:
    write_run(tmp_path / "a", SMALL, **evaluated(10))
    write_run(tmp_path / "b", MIDDLE, **evaluated(9))
    found = together(tmp_path, timed(latency(SMALL, 1, **ran), latency(MIDDLE, 2)))
    assert (networks(found), found.fronts[0].untimed, found.untrained) == ([MIDDLE], (SMALL,), {})
    assert found.notes == (f"{SMALL} in a.json, of pibench {report().tool.version}, {told}: left out",)


def test_a_spec_whose_macs_were_not_all_counted_is_not_held_against_them(tmp_path: Path) -> None:
    write_run(tmp_path, SMALL, **evaluated(10))
    assert networks(together(tmp_path, timed(latency(SMALL, 1, macs=5, uncounted_ops=("X",))))) == [SMALL]


def test_reports_of_one_front_that_were_measured_differently_are_told(tmp_path: Path) -> None:
    write_run(tmp_path / "a", SMALL, **evaluated(10))
    write_run(tmp_path / "b", MIDDLE, **evaluated(9))
    slow = timed(latency(SMALL, 1), name="slow.json", governor="powersave", kernel="6.1")
    fast = timed(latency(MIDDLE, 2), name="fast.json")
    found = together(tmp_path, slow, fast)
    assert found.notes == (
        f"latencies of one front ({SETTING}) were measured differently:"
        " kernel 6.1 in slow.json, 6.12 in fast.json; governor powersave in slow.json, ondemand in fast.json",
    )
    assert together(tmp_path, fast, timed(latency(LARGE, 1), governor="powersave")).notes == ()


def test_figures_of_different_statistics_are_on_different_fronts(tmp_path: Path) -> None:
    write_run(tmp_path, SMALL, **evaluated(10))
    means = timed(latency(SMALL, 1), protocol=replace(report().protocol, statistic="mean"))
    found = together(tmp_path, timed(latency(SMALL, 1)), means)
    assert [str(front.setting).rpartition(", ")[2] for front in found.fronts] == ["median", "mean"]


def test_the_thesis_figures_are_beside_the_same_network_whatever_its_dropout(tmp_path: Path) -> None:
    write_run(tmp_path / "a", SMALL, **evaluated(10))
    write_run(tmp_path / "b", THESIS_NETWORK, **evaluated(9))
    results = timed(latency(SMALL, 1), latency(THESIS_NETWORK, 2))
    found = together(tmp_path, results, thesis=True)
    ours, theirs = (one.point.thesis for one in found.fronts[0].placed)
    assert ours is None
    assert theirs is not None
    assert (theirs.name, theirs.latency_ms) == ("mobilenetv2_d9_er4_w24_dropout", 50.3)
    assert not theirs.distilled
    assert len(found.thesis) == 50
    without = together(tmp_path, results)
    assert ({one.point.thesis for one in without.fronts[0].placed}, without.thesis) == ({None}, ())


def test_the_thesis_errors_are_not_set_beside_those_on_another_data_set(tmp_path: Path) -> None:
    data = write_run(tmp_path, SMALL, **evaluated(10)).metrics().data
    write_run(tmp_path, SMALL, data=replace(data, name="CIFAR-100"), **evaluated(10))
    with pytest.raises(ParetoError, match=r"errors are on CIFAR-10, these on CIFAR-100.*: leave --thesis out"):
        together(tmp_path, timed(latency(SMALL, 1)), thesis=True)


def test_a_damaged_run_is_one_sentence(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "a", SMALL, **evaluated(10))
    (folder.path / "graph.json").write_text("{")
    with pytest.raises(RunError, match=r"graph\.json is damaged"):
        trainings([folder])


def test_weights_of_another_network_do_not_hide_the_error(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "a", SMALL)
    folder.save_arrays("last", {"wrong": np.zeros(3)})
    assert networks(together(tmp_path, timed())) == [SMALL]
