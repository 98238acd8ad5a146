from __future__ import annotations

import json
from typing import Annotated, Any

import msgspec
import pytest

from pibench.cli.main import run
from pibench.graph import Graph
from pibench.models.architectures import architectures, build, get, registry


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")


def documents(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    assert run(["zoo", *arguments, "--json"]) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["architectures"]
    return found


def test_the_catalogue_has_every_architecture_with_summary_defaults_and_counts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["zoo"]) == 0
    shown = capsys.readouterr().out
    for name, architecture in architectures().items():
        assert name in shown
        assert architecture.summary in shown
        assert f"{build(name).total_macs:,}" in shown
    assert "depth=15 width=32 se=0 skip=false kernel=3 dropout=0 input_size=32" in shown


def test_the_catalogue_has_the_thesis_figures_with_their_source_and_what_is_wrong_with_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(["zoo"])
    shown = capsys.readouterr().out
    (row,) = (line for line in shown.splitlines() if line.startswith("wide_resnet:depth=22,width=16 "))
    figures = "273,914 273,914 41,075,328 41,075,328 48.9 7.28 ± 0.22"
    assert " ".join(row.split()) == f"wide_resnet:depth=22,width=16 {figures}"
    assert "Raspberry Pi 3B, TensorFlow Lite 1.13" in shown
    assert "the accuracies are of an earlier, larger network" in shown


def test_one_architecture_shows_its_docstring_and_what_values_its_options_have(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["zoo", "shufflenet_v2"]) == 0
    shown = capsys.readouterr().out
    assert "``skip``: identity around the main branch" in shown
    rows = {line.split()[0]: " ".join(line.split()[1:]) for line in shown.splitlines() if line}
    assert rows["depth"] == "12 1 to 3,000"
    assert rows["skip"] == "false true or false"
    assert rows["dropout"] == "0 0 to below 1"
    assert rows["dtype"] == "float32 float32 or int8"
    assert rows["shufflenet_v2:depth=18,width=80,se=2,shuffle=4d"].endswith("– 101.7 6.26 ± 0.01")


@pytest.mark.parametrize("name", architectures())
def test_every_architecture_has_its_page(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["zoo", name]) == 0
    shown = capsys.readouterr().out
    assert all(option in shown for option in get(name).defaults)


def test_an_open_bound_is_said_to_be_one(capsys: pytest.CaptureFixture[str]) -> None:
    run(["zoo", "densenet"])
    assert "above 0 to 1" in " ".join(capsys.readouterr().out.split())


def test_a_distilled_network_is_called_so(capsys: pytest.CaptureFixture[str]) -> None:
    run(["zoo", "wide_resnet"])
    shown = capsys.readouterr().out
    assert "wide_resnet:depth=22,width=16, distilled" in shown
    assert "wide_resnet:depth=40,width=64,se=2,se_on=shortcut" in shown


def test_json_has_options_with_schemas_and_rows_with_the_counts_built_here(capsys: pytest.CaptureFixture[str]) -> None:
    (document,) = documents(capsys, "mobilenet_v1")
    options = {option.pop("name"): option for option in document["options"]}
    assert {name: option["default"] for name, option in options.items()} == get("mobilenet_v1").defaults
    assert options["depth"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 3000}
    assert options["kernel"]["schema"] == {"enum": [3, 5]}
    assert (document["parameters"], document["macs"]) == (116_138, 16_921_856)
    row = next(row for row in document["thesis"] if row["name"] == "mobilenetv1_d15_w32_se2_cosine")
    assert row["built"] == {"parameters": 203_178, "macs": 17_008_896}
    assert (row["latency_ms"], row["error_percent"]) == (29.2, pytest.approx(7.44))


def test_json_of_the_catalogue_is_that_of_each_architecture(capsys: pytest.CaptureFixture[str]) -> None:
    everything = documents(capsys)
    assert [document["name"] for document in everything] == list(architectures())
    assert documents(capsys, "nasnet") == [document for document in everything if document["name"] == "nasnet"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["mobilnet_v1"], "there is no architecture 'mobilnet_v1'. Did you mean 'mobilenet_v1'?"),
        (["mobilenet_v1:depth=9"], "Did you mean 'mobilenet_v1'?"),
        (["mobilenet_v1", "nasnet"], "unexpected extra argument"),
    ],
)
def test_what_is_no_architecture_is_refused_in_a_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["zoo", *arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert sentence in shown.err
    assert len(shown.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (int, "a whole number"),
        (float, "a number"),
        (str, "text"),
        (bool, "true or false"),
        (int | None, "a whole number or none"),
        (Annotated[int, msgspec.Meta(ge=1)], "a whole number from 1"),
        (Annotated[float, msgspec.Meta(lt=1)], "a number below 1"),
        (Annotated[float, msgspec.Meta(gt=0, le=2)], "above 0 to 2"),
        (tuple[int, int], "2 numbers with dashes between them, each a whole number"),
    ],
)
def test_options_of_any_type_are_told(
    wanted: Any, text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def mine(*, size: Any = 1) -> Graph:
        return build("mobilenet_v1:depth=3,width=4")

    mine.__annotations__["size"] = wanted
    monkeypatch.setitem(registry._registry, "mine", registry.Architecture(mine))
    architectures.cache_clear()
    try:
        assert run(["zoo", "mine"]) == 0
    finally:
        monkeypatch.undo()
        architectures.cache_clear()
    assert f"size 1 {text}" in " ".join(capsys.readouterr().out.split())
