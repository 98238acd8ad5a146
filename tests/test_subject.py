from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from pibench.errors import GraphError, SubjectError
from pibench.subject import kind_of, load_graph, load_subject, printable


@pytest.mark.parametrize("text", ["net.tflite", "./net", "models/net", "/abs/net", "x.lite"])
def test_paths_are_files(text: str) -> None:
    assert kind_of(text) == "file"


@pytest.mark.parametrize("text", ["mobilenet_v1", "mobilenet_v2:depth=9,width=16"])
def test_specs_are_architectures(text: str) -> None:
    assert kind_of(text) == "architecture"


def test_an_existing_file_is_a_file_whatever_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my_net").touch()
    assert kind_of("my_net") == "file"


def test_the_name_of_an_architecture_is_one_beside_a_folder_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mobilenet_v1").mkdir()
    assert kind_of("mobilenet_v1") == "architecture"
    assert kind_of("mobilenet_v1:width=16/2") == "architecture"
    assert kind_of("mobilenet_v1/") == "file"


def test_a_file_is_read_with_its_graph(small_model: Path) -> None:
    subject = load_subject(str(small_model))
    assert subject.kind == "file"
    assert subject.digest == hashlib.sha256(small_model.read_bytes()).hexdigest()
    assert subject.graph is not None
    assert subject.graph.total_macs == 8 * 8 * 8 * 27 + 80


def test_an_architecture_is_built_the_same_for_the_same_seed() -> None:
    first, second, other = (load_subject("mobilenet_v1:depth=3,width=8", seed) for seed in (1, 1, 2))
    assert first.model == second.model != other.model


def test_a_graph_of_a_spec_is_the_design_not_the_deployed_network() -> None:
    kinds = {node.op.kind for node in load_graph("mobilenet_v1:depth=3,width=8").nodes}
    assert "batch_norm" in kinds


def test_an_int8_network_is_asked_for_in_its_spec() -> None:
    spec = "mobilenet_v1:depth=3,width=32,dtype=int8"
    subject, graph = load_subject(spec), load_graph(spec)
    assert subject.graph == graph
    assert {graph.spec(ref).dtype for ref in graph.outputs} == {"int8"}
    # Kernels have a byte each instead of four; names and scales take some of it back.
    assert len(subject.model) < 0.5 * len(load_subject("mobilenet_v1:depth=3,width=32").model)


def test_a_file_of_an_int8_network_is_read_as_one(tmp_path: Path) -> None:
    path = tmp_path / "net.tflite"
    path.write_bytes(load_subject("mobilenet_v2:depth=3,width=8,dtype=int8").model)
    graph = load_graph(str(path))
    assert {graph.spec(ref).dtype for node in graph.nodes for ref in graph.output_refs(node)} == {"int8"}
    assert graph.opaque == ()


def make_empty(path: Path) -> None:
    path.touch()


def make_text(path: Path) -> None:
    path.write_text("this is no model at all")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: None, "does not exist: check the path"),
        (Path.mkdir, "is a directory: give the .tflite files in it"),
        (os.mkfifo, "is not a regular file: give a .tflite file"),
        (lambda path: path.symlink_to(path), "cannot be read: Too many levels of symbolic links"),
        (make_empty, "is empty: export the model again"),
        (make_text, "is not a .tflite model: it lacks the TFL3 mark that every such file has"),
    ],
)
@pytest.mark.parametrize("load", [load_subject, load_graph])
def test_what_is_no_model_is_refused_in_one_sentence(tmp_path: Path, make, sentence: str, load) -> None:
    path = tmp_path / "net.tflite"
    make(path)
    with pytest.raises(SubjectError) as error:
        load(str(path))
    assert str(error.value) == f"{path} {sentence}"


def test_a_truncated_model_is_still_a_subject_for_the_runtime_to_judge(tmp_path: Path, small_model: Path) -> None:
    path = tmp_path / "cut.tflite"
    path.write_bytes(small_model.read_bytes()[:700])
    subject = load_subject(str(path))
    assert subject.graph is None
    assert "damaged or truncated" in subject.unread_because


def test_a_truncated_model_has_no_graph_to_show(tmp_path: Path, small_model: Path) -> None:
    path = tmp_path / "cut.tflite"
    path.write_bytes(small_model.read_bytes()[:700])
    with pytest.raises(SubjectError, match="damaged or truncated"):
        load_graph(str(path))


@pytest.mark.parametrize(
    ("text", "shown"),
    [("é.tflite", "é.tflite"), ("a\nb\x1b[0m", "a\ufffdb\ufffd[0m"), ("\udcff.tflite", "\ufffd.tflite")],
)
def test_names_are_shown_without_what_disturbs_a_terminal_or_json(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize("text", ["a" * 300 + ".tflite", "\udcffbad.tflite", "nul\0.tflite", ""])
def test_impossible_names_are_refused_like_any_other(text: str) -> None:
    with pytest.raises(SubjectError):
        load_subject(text)


def test_a_network_too_large_for_a_file_is_refused_before_its_weights_are_made() -> None:
    with pytest.raises(GraphError, match=r"a \.tflite file holds 2 GB"):
        load_subject("mobilenet_v1:width=1000000")
