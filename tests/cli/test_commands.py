from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from odd_model import write_odd_model

from pibench.cli.main import COMMANDS, run
from pibench.report import json_schema
from pibench.table.storage import json_schema as table_schema
from pibench.tflite import read


def test_inspect_lists_layers_and_totals(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inspect", "mobilenet_v1:depth=15,width=32"]) == 0
    shown = capsys.readouterr().out
    assert "16,921,856" in shown
    assert "116,138" in shown


def test_inspect_json_adds_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inspect", "mobilenet_v2:depth=9,width=16,expansion=4,se=2", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["macs"], document["parameters"]) == (19_139_968, 134_154)
    for total, part in (("macs", "macs"), ("parameters", "parameters"), ("bytes_moved", "bytes_moved")):
        assert document[total] == sum(layer[part] for layer in document["layers"])
    assert document["inputs"] == [{"name": "image", "shape": [1, 32, 32, 3], "dtype": "float32"}]


def test_inspect_deployed_has_no_batch_norm(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inspect", "mobilenet_v1:depth=3", "--deployed", "--json"]) == 0
    ops = {layer["op"] for layer in json.loads(capsys.readouterr().out)["layers"]}
    assert "batch_norm" not in ops
    assert "conv 1×1 + relu" in ops


def test_a_built_model_is_what_inspect_shows_deployed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.tflite"
    assert run(["build", "wide_resnet:depth=10", "-o", str(path)]) == 0
    capsys.readouterr()
    documents = []
    for arguments in (["wide_resnet:depth=10", "--deployed"], [str(path)]):
        run(["inspect", *arguments, "--json"])
        documents.append(json.loads(capsys.readouterr().out))
    assert documents[0]["layers"] == documents[1]["layers"]


def test_the_seed_decides_the_weights(tmp_path: Path) -> None:
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        run(["build", "mobilenet_v1:depth=3", "-o", str(tmp_path / name), "--seed", seed])
    a, b, c = ((tmp_path / name).read_bytes() for name in "abc")
    assert a == b != c
    assert read(a).nodes == read(c).nodes


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["inspect", "mobilnet_v1"], "Did you mean 'mobilenet_v1'?"),
        (["inspect", "none.tflite"], "does not exist"),
        (["build", "none.tflite", "-o", "x"], "is a file already"),
        (["build", "mobilenet_v1"], "Missing option '-o'"),
        (["build", "mobilenet_v1:depth=3", "-o", "/dev/null"], "cannot write the model to /dev/null: it is no regular"),
        (["build", "mobilenet_v1", "-o", "/proc/nowhere/x"], "cannot write the model to /proc/nowhere/x"),
        (["inspect"], "Missing argument"),
        (["nonsense"], "there is no command 'nonsense'"),
        (["table", "bild"], "there is no command 'table bild'. Did you mean 'build'?"),
        (["schema", "graph"], "'graph' is not one of 'report', 'table', 'metrics'"),
    ],
)
def test_errors_are_one_sentence_and_exit_code_2(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("pibench: ")
    assert sentence in shown.err


def test_unknown_operations_of_a_file_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "odd.tflite"
    write_odd_model("mobilenet_v1:depth=3", path)
    assert run(["inspect", str(path)]) == 0
    assert "MACs lack operations that pibench does not know: TRANSPOSE_CONV" in capsys.readouterr().out.replace(
        "\n", " "
    )


@pytest.mark.parametrize(
    ("arguments", "schema"), [([], json_schema), (["report"], json_schema), (["table"], table_schema)]
)
def test_schema_prints_the_schema_of_a_report_or_a_table(
    arguments: list[str], schema: Callable[[], object], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["schema", *arguments]) == 0
    assert json.loads(capsys.readouterr().out) == schema()


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_help_is_there_for_everything(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*command, "--help"]) == 0
    assert "Usage: pibench" in capsys.readouterr().out


def test_the_list_of_commands_tells_what_each_says_of_itself() -> None:
    import importlib

    for name, summary in COMMANDS.items():
        help_text = importlib.import_module(f"pibench.cli.{name}").command.help
        assert " ".join(help_text.partition("\n\n")[0].split()).startswith(summary.rstrip("."))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("schema", 0),
        ("--help", 0),
        ("bench --help", 0),
        ("inspect mobilenet_v1", 0),
        ("inspect mobilenet_v1 --json", 0),
        ("ab mobilenet_v1:depth=3,width=4 mobilenet_v1:depth=3,width=64 --seconds 0.3 --processes 6", 1),
        ("inspect none.tflite", 2),
    ],
)
def test_a_closed_pipe_changes_no_exit_code(arguments: str, code: int) -> None:
    command = f"{sys.executable} -m pibench {arguments} | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
