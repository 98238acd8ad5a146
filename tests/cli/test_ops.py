from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import msgspec
import pytest
from sample_report import sample_report
from timed_results import timed

from pibench.cli import ops
from pibench.cli.main import run
from pibench.cli.measured import Run
from pibench.errors import GraphError
from pibench.forms import get
from pibench.graph import Graph
from pibench.report import Report, json_schema, load
from pibench.subject import subject_of

Latency = Callable[[Graph], int]


class Bench:
    """Stands in for the measurement: each network takes as long as ``latency_ns`` says of its graph."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.latency_ns: Latency = lambda graph: 1000 + graph.total_macs // 100
        self.complete = True

    def __call__(self, run: Run) -> tuple[SimpleNamespace, Report]:
        self.runs.append(run)
        results = [
            timed(graph.name, [[self.latency_ns(graph) + k] * 2 for k in range(run.protocol.processes)], condition)
            for graph in run.subjects
            for condition in run.conditions
        ]
        report = msgspec.structs.replace(sample_report(), results=tuple(results), complete=self.complete)
        return SimpleNamespace(problem=None, withheld=""), report

    @property
    def names(self) -> list[str]:
        return [graph.name for graph in self.runs[0].subjects]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Bench:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    stand_in = Bench()
    monkeypatch.setattr(ops, "measured", stand_in)
    return stand_in


def test_without_a_form_the_suite_says_which_is_the_fastest_in_each_group(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ops"]) == 0
    shown = capsys.readouterr().out
    assert "Equal output, 32×32×32 → 32×32×32" in shown
    assert "Equal MACs, those of conv 32×32×32" in shown
    assert "What squeeze-and-excitation adds to residual" in shown
    assert "Fastest: shuffle_v1 groups=4." in shown


def test_what_stands_in_several_groups_is_measured_once(bench: Bench) -> None:
    run(["ops"])
    assert len(set(bench.names)) == len(bench.names)


def test_what_takes_equally_long_is_not_called_the_fastest(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.latency_ns = lambda graph: 1000
    run(["ops", "conv", "residual"])
    shown = capsys.readouterr().out
    assert "Fastest" not in shown
    assert "No fastest one: no difference seen between conv and residual." in shown


def test_a_grid_is_every_combination_of_the_axes_given(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    run(["ops", "depthwise", "--size", "8,16", "--channels", "16:48:16", "--kernel", "3,5", "--stride", "1,2"])
    assert len(bench.names) == 2 * 3 * 2 * 2
    header = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("form"))
    assert header.split()[:5] == ["form", "size", "channels", "kernel", "stride"]


def test_a_long_axis_has_a_curve_a_short_one_none(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    run(["ops", "depthwise", "--channels", "16:256:16"])
    assert "channels 16" in capsys.readouterr().out
    run(["ops", "depthwise", "--channels", "16,32"])
    assert "channels 16" not in capsys.readouterr().out


def test_types_conditions_and_processes_are_as_asked(bench: Bench) -> None:
    run(["ops", "add", "--dtype", "float32,int8", "--threads", "1,2", "--runtime", "litert"])
    (made,) = bench.runs
    assert len(bench.names) == 2
    assert [condition.threads for condition in made.conditions] == [1, 2]
    assert (made.protocol.name, made.protocol.processes, made.protocol.most_processes) == ("quick", 5, 5)


@pytest.mark.parametrize(("arguments", "processes"), [(["--processes", "3"], 3), (["--protocol", "thorough"], 10)])
def test_the_processes_of_another_protocol_or_of_the_user_stay(
    bench: Bench, arguments: list[str], processes: int
) -> None:
    run(["ops", "add", *arguments])
    assert bench.runs[0].protocol.processes == processes


def test_json_has_the_groups_and_a_report_by_its_schema(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    run(["ops", "conv", "depthwise", "--json"])
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document["report"], json_schema())
    (group,) = document["groups"]
    assert group["fastest"] == "depthwise:size=32,channels=32,kernel=3"
    assert [standing["name"].partition(":")[0] for standing in group["standings"]] == ["conv", "depthwise"]
    assert group["condition"]["threads"] == 1


def test_one_process_makes_no_claim(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    run(["ops", "conv", "depthwise", "--processes", "1"])
    shown = capsys.readouterr().out
    assert "Which is the fastest is not said of one process: give it more --processes." in shown


def test_an_interrupted_run_shows_what_it_has_and_exits_130(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.complete = False
    assert run(["ops", "add"]) == 130
    assert "interrupted; 1 of 1 rows are in" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["depthwis"], "there is no form 'depthwis'. Did you mean 'depthwise'?"),
        (["grouped", "--groups", "3"], "3 groups do not divide 32 channels: take multiples of 3, or other groups"),
        (["depthwise", "--channels", "256:16:16"], "the range '256:16:16' is empty"),
        (["depthwise", "--channels", "many"], "'many' is neither a number nor a range start:stop:step"),
        (["depthwise", "--kernel", "99"], "depthwise:size=32,channels=32,kernel=99: a kernel of 99 does not fit"),
        (["conv", "--groups", "2"], "conv has no parameter 'groups'"),
        (["conv", "--size", "0"], "conv cannot have size=0"),
        (["--size", "8"], "--size is of a form: name one, for example pibench ops conv --size"),
        (["--out-channels", "8"], "--out-channels is of a form"),
        (["conv", "--dtype", "int4"], "'int4' is unknown"),
        (["activation", "--function", "tanh"], "'tanh' is unknown"),
        (["conv", "--protocol", "thesis", "--threads", "2"], "--protocol thesis is of one thread"),
        (["conv", "--cpus", "0", "--threads", "2"], "2 threads need as many cores"),
        (["conv", "-o", "."], "it is a directory"),
    ],
)
def test_an_impossible_grid_is_one_sentence_and_exit_code_2(
    bench: Bench, arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ops", *arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("pibench: ")
    assert sentence in shown.err
    assert len(shown.err.splitlines()) == 1
    assert bench.runs == []


def test_help_lists_the_forms(capsys: pytest.CaptureFixture[str]) -> None:
    run(["ops", "--help"])
    shown = capsys.readouterr().out
    assert "Forms:" in shown
    assert "channel_shuffle" in shown


QUICK = ("--processes", "2", "--seconds", "0.02", "--warm-up-limit", "0")


def pibench(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pibench", "ops", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_a_grid_is_measured_and_its_report_saved(tmp_path: Path) -> None:
    done = pibench("add", "concat", "--size", "4,8", *QUICK, "-o", "r.json", cwd=tmp_path)
    assert done.returncode in (0, 3)
    report = load(tmp_path / "r.json")
    assert [result.subject.name for result in report.results] == [
        *("add:size=4,channels=32", "add:size=8,channels=32"),
        *("concat:size=4,channels=32", "concat:size=8,channels=32"),
    ]
    assert all(result.subject.kind == "graph" and result.summary for result in report.results)


def test_what_cannot_be_written_costs_its_own_rows_with_a_sentence_each(tmp_path: Path) -> None:
    # 4 GB of weights, refused before any is made.
    huge = "dense:channels=40000,out_channels=30000"
    done = pibench("dense", "--channels", "8,40000", "--out-channels", "30000", *QUICK, "-o", "r.json", cwd=tmp_path)
    assert done.returncode == 2
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith("pibench: ")
    assert huge in sentence
    measured, refused = load(tmp_path / "r.json").results
    assert measured.summary is not None
    assert refused.failure is not None


def int8_is_written() -> bool:
    try:
        subject_of(get("pointwise")(size=1, channels=1, dtype="int8"))
    except GraphError:
        return False
    return True


def test_int8_is_measured_or_refused_in_a_sentence_for_each_form(tmp_path: Path) -> None:
    done = pibench("pointwise", "depthwise", "--dtype", "int8", *QUICK, "-o", "r.json", cwd=tmp_path)
    if int8_is_written():
        assert done.returncode in (0, 3)
        assert all(result.summary for result in load(tmp_path / "r.json").results)
    else:
        assert done.returncode == 2
        first, second = done.stderr.splitlines()
        assert first.startswith("pibench: pointwise:size=32,channels=32,dtype=int8: ")
        assert second.startswith("pibench: depthwise:size=32,channels=32,kernel=3,dtype=int8: ")
