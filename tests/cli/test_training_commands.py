from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import weakref
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from pibench.cli.main import cli, run
from pibench.errors import RunError
from pibench.models import data
from pibench.models.architectures import build
from pibench.models.data import Dataset
from pibench.models.data.generated import generated
from pibench.models.training import begin
from pibench.models.training.metrics import json_schema
from pibench.models.training.run_folder import RunFolder
from pibench.models.training.setting import Setting
from pibench.tflite import read
from pibench.tflite.weights import random_weights

NET = "mobilenet_v1:depth=3,width=4"
CONDENSENET = "condensenet:stages=1-1-1,growth=8-8-8"
TRAIN = ("train", NET, "--data", "generated", "--epochs", "2")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two trainings with different seeds."""
    pytest.importorskip("keras")
    folder = tmp_path_factory.mktemp("trained") / "runs"
    assert run([*TRAIN, "--runs", "2", "--seed", "3", "-o", str(folder)]) == 0
    return folder


def test_several_runs_have_a_folder_each_and_a_mean(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sorted(path.name for path in runs.iterdir()) == ["seed3", "seed4"]
    assert RunFolder(runs / "seed4").metrics().environment.command[:2] == ("pibench", "train")
    assert run([*TRAIN, "--runs", "2", "--seed", "3", "-o", str(runs)]) == 0
    shown = capsys.readouterr().out
    assert "of 2 runs" in shown
    assert "Images: generated, 900 to learn, 100 to validate, 200 to test" in shown


def test_evaluate_sets_keras_and_the_file_side_by_side(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", str(runs), "--data", "generated", "--workers", "2"]) == 0
    shown = capsys.readouterr().out
    assert "200 of 200" in shown
    assert "test error of the .tflite files" in shown
    document = json.loads((runs / "seed3" / "metrics.json").read_bytes())
    jsonschema.validate(document, json_schema())
    assert document["deployed"]["images"] == 200


def test_of_several_runs_one_is_exported(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", str(runs), "-o", str(tmp_path / "net.tflite")]) == 2
    assert f"holds 2 runs: give one of them, for example {runs / 'seed3'}" in capsys.readouterr().err


def test_a_run_that_cannot_go_on_is_told_before_the_others_are_trained(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(runs / "seed4", tmp_path / "runs" / "seed1")
    assert run([*TRAIN, "--runs", "2", "-o", str(tmp_path / "runs")]) == 2
    assert "seed1 holds a run with another seed" in capsys.readouterr().err
    assert not (tmp_path / "runs" / "seed0").exists()
    assert run([*TRAIN, "--runs", "2", "-o", str(runs / "seed3")]) == 2
    assert "is a run itself: give -o another folder for 2 of them" in capsys.readouterr().err


def test_evaluate_gives_a_slow_model_the_time_that_it_is_told(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", str(runs / "seed3"), "--data", "generated", "--timeout", "1e-6"]) == 2
    assert "no answer within 1e-06 s" in capsys.readouterr().err


def test_export_writes_what_was_trained(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.tflite"
    assert run(["export", str(runs / "seed3"), "-o", str(path)]) == 0
    shown = capsys.readouterr().out
    assert "after epoch 2 of 2" in shown
    assert "It takes float32 of shape 1×32×32×3: red, green and blue of 0 to 255, less 127, 127, 127, div" in shown
    assert read(path.read_bytes()).total_macs == RunFolder(runs / "seed3").metrics().macs
    assert run(["export", str(runs / "seed4"), "-o", str(tmp_path / "other.tflite")]) == 0
    assert (tmp_path / "other.tflite").read_bytes() != path.read_bytes()


@pytest.fixture(scope="module")
def condensed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training that learned its groups."""
    pytest.importorskip("keras")
    folder = tmp_path_factory.mktemp("condensed") / "run"
    assert run(["train", f"{CONDENSENET},form=training", *TRAIN[2:], "-o", str(folder)]) == 0
    return folder


def test_a_network_that_learned_groups_is_exported_with_them(condensed: Path, tmp_path: Path) -> None:
    path = tmp_path / "net.tflite"
    assert run(["export", str(condensed), "-o", str(path)]) == 0
    deployed, assumed = read(path.read_bytes()), build(CONDENSENET)
    assert deployed.total_macs == assumed.total_macs < RunFolder(condensed).metrics().macs
    indices = [[node.op.indices for node in graph.nodes if node.op.kind == "gather"] for graph in (deployed, assumed)]
    assert len(indices[0]) == len(indices[1]) == 4
    assert indices[0] != indices[1]


def test_what_is_deployed_of_a_network_that_learned_groups_says_what_keras_does(
    condensed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["evaluate", str(condensed), "--data", "generated"]) == 0
    assert "200 of 200" in capsys.readouterr().out


def test_groups_that_are_not_learned_yet_are_not_exported(
    condensed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(condensed, tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    folder.save_arrays("last", random_weights(folder.graph()))
    for command in (("export", "-o", str(tmp_path / "net.tflite")), ("evaluate", "--data", "generated")):
        assert run([command[0], str(folder.path), *command[1:]]) == 2
        shown = capsys.readouterr().err
        assert "has not learned its groups yet" in shown
        assert shown.count("\n") == 1
    assert not (tmp_path / "net.tflite").exists()


def interrupted(folder: Path, interruption: signal.Signals) -> tuple[list[str], int, str]:
    """A training that is stopped after its first epoch: its command, exit code, and what it told."""
    command = [sys.executable, "-m", "pibench", *TRAIN[:-1], "30", "-o", str(folder)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not (folder / "last.npz").exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(interruption)
    _, told = process.communicate(timeout=60)
    assert RunFolder(folder).metrics().epochs_done < 30
    return command, process.returncode, told


def test_ctrl_c_keeps_what_is_done_and_the_same_command_goes_on(tmp_path: Path) -> None:
    pytest.importorskip("keras")
    folder = tmp_path / "run"
    command, code, told = interrupted(folder, signal.SIGINT)
    assert code == 130, told
    assert "of 30 epochs are in" in told
    assert "the same command goes on" in told
    assert "Traceback" not in told
    done = RunFolder(folder).history()
    subprocess.run(command, check=True)
    assert RunFolder(folder).history()[: len(done)] == done
    assert len(RunFolder(folder).history()) == 30


@pytest.mark.slow
def test_what_was_killed_comes_to_the_same_weights_bit_for_bit(tmp_path: Path) -> None:
    pytest.importorskip("keras")
    command, code, _ = interrupted(tmp_path / "killed", signal.SIGKILL)
    assert code == -signal.SIGKILL
    subprocess.run(command, check=True)
    subprocess.run([*command[:-1], str(tmp_path / "whole")], check=True)
    killed, whole = (RunFolder(tmp_path / name).arrays("last") for name in ("killed", "whole"))
    assert all(np.array_equal(killed[key], whole[key]) for key in whole)


@pytest.mark.slow  # jax compiles for half a minute
@pytest.mark.parametrize("backend", ["jax", "torch"])
@pytest.mark.parametrize("net", [NET, f"{CONDENSENET},form=training"])
def test_what_another_backend_trained_is_evaluated_here(
    backend: str, net: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("keras")
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    folder = tmp_path / "run"
    subprocess.run(
        [sys.executable, "-m", "pibench", "train", net, *TRAIN[2:], "-o", str(folder)],
        check=True,
        env={**os.environ, "KERAS_BACKEND": backend},
    )
    assert RunFolder(folder).metrics().environment.backend == backend
    assert run(["evaluate", str(folder), "--data", "generated"]) == 0
    assert "200 of 200" in capsys.readouterr().out


def test_a_backend_that_keras_does_not_know_is_one_sentence(tmp_path: Path) -> None:
    pytest.importorskip("keras")
    done = subprocess.run(
        [sys.executable, "-m", "pibench", *TRAIN, "-o", str(tmp_path / "run")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "KERAS_BACKEND": "abacus"},
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "Keras cannot start" in done.stderr


def test_a_backend_that_is_not_installed_is_named(tmp_path: Path) -> None:
    pytest.importorskip("keras")
    (tmp_path / "jax.py").write_text("raise ModuleNotFoundError(\"No module named 'jax'\", name='jax')")
    done = subprocess.run(
        [sys.executable, "-m", "pibench", *TRAIN, "-o", str(tmp_path / "run")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "KERAS_BACKEND": "jax", "PYTHONPATH": str(tmp_path)},
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "jax of KERAS_BACKEND=jax is not installed: pip install jax" in done.stderr


def test_logs_for_tensorboard_need_tensorboard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert run([*TRAIN, "--tensorboard", "-o", str(tmp_path / "run")]) == 2
    assert "pip install tensorflow tensorboard" in capsys.readouterr().err


def test_training_holds_only_the_images_that_it_learns_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole: list[weakref.ref[object]] = []

    def loaded(*_: object) -> Dataset:
        dataset = generated()
        whole.extend(weakref.ref(images.pixels) for images in (dataset.train, dataset.test))
        return dataset

    def check(folder: RunFolder, one: Setting) -> None:
        raise RunError(f"{len(one.train)} to learn from, of the whole {[image() for image in whole]}")

    monkeypatch.setattr(data, "load_dataset", loaded)
    monkeypatch.setattr(begin, "check", check)
    with pytest.raises(RunError, match=r"900 to learn from, of the whole \[None, None\]"):
        cli.main([*TRAIN, "-o", str(tmp_path / "run")], standalone_mode=False)


BAD = [
    (("train", NET, "--data", "nowhere", "-o", "run"), "nowhere does not exist"),
    (("train", NET, "--data", ".", "-o", "run"), "has no CIFAR-10"),
    (("train", "mobilenet_v1:classes=7", "--data", ".", "-o", "run"), "tells 7 classes apart"),
    (("train", "mobilenet", "--data", "generated", "-o", "run"), "there is no architecture"),
    (("train", "mobilenet_v1:depth=4", "--data", "generated", "-o", "run"), "cannot have depth=4"),
    (("train", "net.tflite", "--data", "generated", "-o", "run"), "is a file: give an architecture"),
    (("train", f"{NET},input_size=64", "--data", "generated", "-o", "run"), "build it for these, with input_size=32"),
    (("train", f"{NET},dtype=int8", "--data", "generated", "-o", "run"), "train the float32 network"),
    ((*TRAIN, "--recipe", "slow", "-o", "run"), "there is no recipe 'slow'"),
    ((*TRAIN, "--recipe", "my.toml", "-o", "run"), "cannot read the recipe my.toml"),
    ((*TRAIN, "--limit", "5000", "-o", "run"), "there are 1000 images"),
    ((*TRAIN, "--limit", "20", "-o", "run"), "10 classes without an image to validate on: give 95 at least"),
    (
        ("train", f"{CONDENSENET},form=training", *TRAIN[2:], "--limit", "100", "-o", "run"),
        "learns its groups in 6 steps or more, these are 2",
    ),
    ((*TRAIN, "--seed", "4294967295", "--runs", "2", "-o", "run"), "begin with a lower --seed"),
    ((*TRAIN, "--validation", "1", "-o", "run"), "is not in the range 0<=x<1"),
    ((*TRAIN, "--validation", "0.9999", "-o", "run"), "too few to learn 10 classes from: lower --validation"),
    ((*TRAIN,), "Missing option '-o'"),
    (("evaluate", "nowhere", "--data", "generated"), "nowhere does not exist: train one"),
    (("evaluate", ".", "--data", "generated"), "holds no run"),
    (("export", "nowhere", "-o", "x.tflite"), "nowhere does not exist: train one"),
    (("export", "nowhere", "-o", "last.npz"), "ends in none of .tflite"),
]


@pytest.mark.parametrize(("arguments", "sentence"), BAD)
def test_bad_input_is_one_sentence_and_exit_code_2(
    arguments: tuple[str, ...],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run([*arguments]) == 2
    shown = capsys.readouterr()
    assert sentence in shown.err
    assert shown.err.count("\n") == 1
    assert shown.out == ""
    assert not list(tmp_path.iterdir())


def test_training_without_keras_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "keras.py").write_text("raise ModuleNotFoundError(\"No module named 'keras'\")")
    done = subprocess.run(
        [sys.executable, "-m", "pibench", *TRAIN, "-o", str(tmp_path / "run")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert done.returncode == 2
    assert "pip install 'pibench[train]'" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "run").exists()
