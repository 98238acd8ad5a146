"""The comparison of training speeds, with contenders that need no framework."""

from __future__ import annotations

import io
import sys
from argparse import Namespace
from pathlib import Path

import pytest
import train_contenders
import train_throughput
from rich.console import Console
from small_net import small_graph
from train_contenders import Contender, Data, Prepared

from pibench.errors import ConversionError
from pibench.graph import Graph
from pibench.stats import Interval

OPTIONS = Namespace(rounds=6, images=4, batch=2, warm_up=2)


class Trains:
    """Leaves a mark in a file for each block."""

    def __init__(self, marks: Path, parameters: int = small_graph().trainable_parameters) -> None:
        self.marks = marks
        self.parameters = parameters

    def __call__(self, graph: Graph, data: Data, batch: int) -> Prepared:
        return Prepared(self.train, self.parameters)

    def train(self) -> None:
        with self.marks.open("a") as file:
            file.write(".")


def refuses(graph: Graph, data: Data, batch: int) -> Prepared:
    raise ConversionError("node 'x' is not in it")


@pytest.fixture
def contenders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Contender]:
    """pibench's, and another one."""
    ours = Contender("ours", "numpy", Trains(tmp_path / "ours"))  # type: ignore[arg-type]
    found = [ours, Contender("stock", "numpy", Trains(tmp_path / "stock"), wanted=1e-9)]  # type: ignore[arg-type]
    monkeypatch.setattr(train_throughput, "OURS", ours)
    monkeypatch.setattr(train_throughput, "CONTENDERS", found)
    return found


def shown() -> str:
    found = train_throughput.side_by_side(small_graph(), OPTIONS)
    console = Console(file=io.StringIO(), width=140)
    console.print(train_throughput.table(small_graph(), found, OPTIONS))
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_all_train_in_every_round_and_after_the_warm_up(contenders: list[Contender], tmp_path: Path) -> None:
    assert "met" in shown()
    for name in ("ours", "stock"):
        assert len((tmp_path / name).read_text()) == OPTIONS.warm_up + OPTIONS.rounds


def test_who_is_missing_or_cannot_is_told_and_the_others_are_timed(contenders: list[Contender]) -> None:
    contenders += [Contender("not here", "no_such_package", refuses), Contender("cannot", "numpy", refuses)]
    text = shown()
    assert "not here: not installed: pip install no_such_package" in text
    assert "cannot: node 'x' is not in it" in text
    assert "stock" in text


def test_a_network_that_pibench_cannot_train_is_refused_before_anyone_warms_up(
    contenders: list[Contender], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = contenders[0]._replace(prepare=refuses)
    monkeypatch.setattr(train_throughput, "OURS", ours)
    monkeypatch.setattr(train_throughput, "CONTENDERS", [*contenders[1:], ours])
    with pytest.raises(SystemExit, match="2"):
        train_throughput.side_by_side(small_graph(), OPTIONS)
    assert capsys.readouterr().err == "small: node 'x' is not in it\n"
    assert not (tmp_path / "stock").exists()


def test_another_network_is_an_error(
    contenders: list[Contender], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    contenders[1] = contenders[1]._replace(prepare=Trains(tmp_path / "other", parameters=7))  # type: ignore[arg-type]
    with pytest.raises(SystemExit, match="2"):
        train_throughput.side_by_side(small_graph(), OPTIONS)
    assert "stock trains 7 parameters of" in capsys.readouterr().err


@pytest.mark.filterwarnings("default")
def test_each_contender_of_keras_trains_the_whole_network() -> None:
    pytest.importorskip("keras", exc_type=ImportError)
    graph = small_graph()
    for contender in train_contenders.CONTENDERS:
        if contender.package == "tensorflow" and contender.is_installed:
            prepared = contender.prepare(graph, train_throughput.random_data(graph, 20), 10)
            prepared.train()
            prepared.train()
            assert prepared.parameters == graph.trainable_parameters


@pytest.mark.parametrize(
    ("low", "high", "wanted", "word"),
    [(1.5, 3, 1.5, "met"), (1.2, 1.49, 1.5, "not met"), (1.4, 1.6, 1.5, "undecided"), (1, 2, None, "")],
)
def test_a_goal_is_judged_by_the_whole_interval(low: float, high: float, wanted: float | None, word: str) -> None:
    assert train_throughput.verdict(Interval((low + high) / 2, low, high), wanted) == word


@pytest.mark.parametrize("arguments", [["--rounds", "5"], ["no_such_net"]])
def test_bad_input_is_exit_code_2(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["train_throughput.py", *arguments])
    monkeypatch.setattr(train_throughput.Contender, "is_installed", True)
    monkeypatch.setenv("KERAS_BACKEND", "")
    with pytest.raises(SystemExit, match="2"):
        train_throughput.main()
    assert ("6 or more" if "--rounds" in arguments else "no_such_net") in capsys.readouterr().err
