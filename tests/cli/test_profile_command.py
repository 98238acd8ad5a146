from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from boards import PI_3
from fakes import FakeBoard, FakeWorker

from pibench.cli import profile as profile_cli
from pibench.cli.main import run
from pibench.graph import layers_of
from pibench.measure import run as run_on_this_machine
from pibench.measure.layers import FIXED_COPIES, copies_for
from pibench.profile.assembled import InPlaceFound
from pibench.profile.deployed import deployed
from pibench.report import Failure, InPlaceWay, Ratio, RoofRecord, Timing, json_schema, load
from pibench.subject import load_subject
from pibench.worker.client import WorkerFailedError
from pibench.worker.protocol import Clock, Load

NET = "mobilenet_v1:depth=3,width=4"
FILE = Path(__file__).parents[1] / "data" / "converter_float.tflite"
FIXED_NS, LAYER_NS = 10_000, 100_000
CRASH = WorkerFailedError("crash", "the runtime crashed: its process was ended by SIGSEGV", "last words")
ROOF = RoofRecord(peak_gops={"float32": 50.0}, memory_gbs=10.0, cache_gbs=2 * 10.0, cache_bytes=2000)
FINE = Ratio(ratio=1.0, low=0.99, high=1.01)


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")


def layer_names(subject: str = NET) -> list[str]:
    network = deployed(load_subject(subject))
    assert network is not None
    return list(layers_of(network.graph))


class World:
    """A machine on which every layer takes the same time, alone and in the network.

    ``slower``: by so much the network takes longer than its layers.
    """

    def __init__(self, subject: str = NET, slower: float = 1.0) -> None:
        network = deployed(load_subject(subject))
        assert network is not None
        layers = layers_of(network.graph)
        copies = [*FIXED_COPIES, *map(copies_for, dict.fromkeys(layers.values()))]
        per_copy = [1000] * len(FIXED_COPIES) + [LAYER_NS] * (len(copies) - len(FIXED_COPIES))
        models_ns = [FIXED_NS + k * ns for k, ns in zip(copies, per_copy, strict=True)]
        self.models_ns = [round(slower * (FIXED_NS + len(layers) * LAYER_NS)), *models_ns]
        self.failing: set[int] = set()
        self.failure: BaseException = CRASH

    def worker(self, timeout_s: float) -> FakeWorker:
        return _Worker(self)

    def latency_ns(self, path: str) -> int:
        return self.models_ns[index_of(path)]


class _Worker(FakeWorker):
    def __init__(self, world: World) -> None:
        super().__init__(latency_of=world.latency_ns)
        self._world = world

    def ask(self, request: object, expected: type) -> object:
        if isinstance(request, Load) and index_of(request.path) in self._world.failing:
            raise self._world.failure
        return super().ask(request, expected)


def index_of(path: str) -> int:
    found = re.search(r"(\d+)\.tflite$", path)
    assert found
    return int(found[1])


def in_place_found(layers: dict[str, Timing]) -> InPlaceFound:
    whole = Timing(ns=1e6, low_ns=0.99e6, high_ns=1.01e6)
    return InPlaceFound(InPlaceWay(plain=whole, profiled=whole, cost=FINE, sum=whole, ratio=FINE), layers, {}, {})


def agreeing() -> InPlaceFound:
    one = Timing(ns=LAYER_NS, low_ns=LAYER_NS - 100, high_ns=LAYER_NS + 100)
    return in_place_found(dict.fromkeys(layer_names(), one))


class Told:
    """What in_place_of answers."""

    def __init__(self, given: object) -> None:
        self._given = given
        self.failure = given if isinstance(given, Failure) else None

    def found(self) -> InPlaceFound | None:
        return self._given if isinstance(self._given, InPlaceFound) else None


def told(given: InPlaceFound | Failure | KeyboardInterrupt) -> tuple[Told, bool]:
    return Told(given), not isinstance(given, KeyboardInterrupt)


def profile(
    monkeypatch: pytest.MonkeyPatch,
    world: World,
    *arguments: str,
    subject: str = NET,
    in_place: Callable[[], InPlaceFound | Failure | KeyboardInterrupt] = agreeing,
    roof: Callable[[], tuple[RoofRecord | None, str]] = lambda: (ROOF, ""),
) -> int:
    monkeypatch.setattr(run_on_this_machine, "Worker", world.worker)
    monkeypatch.setattr(run_on_this_machine, "ThisBoard", lambda protocol, cpus, gate: FakeBoard())
    monkeypatch.setattr(run_on_this_machine, "probed_clock", lambda timeout_s, preparation: Clock(20, 30.0, 60.0))
    monkeypatch.setattr(run_on_this_machine, "read_device", lambda: PI_3)
    monkeypatch.setattr(profile_cli, "in_place_of", lambda *_: told(in_place()))
    monkeypatch.setattr(profile_cli, "roof_of", lambda *_: roof())
    return run(["profile", subject, "--processes", "3", "--seconds", "0.05", "-o", "p.json", *arguments])


def test_two_ways_that_agree_exit_0_with_a_table_sums_and_a_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert profile(monkeypatch, World()) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    for word in (*layer_names(), "isolated µs", "in place µs", "of roof", "1.000", "Report: p.json"):
        assert word in shown.out
    saved = load("p.json")
    assert saved.complete
    assert saved.profile is not None
    assert saved.profile.verdict == "trusted"
    assert [layer.name for layer in saved.profile.layers] == layer_names()
    assert saved.results[0].subject.name == NET


def test_json_is_the_report_with_the_profile_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert profile(monkeypatch, World(), "--json") == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, json_schema())
    assert document == json.loads(Path("p.json").read_bytes())
    assert document["profile"]["isolated"]["ratio"]["ratio"] == pytest.approx(1.0)


def test_layers_that_do_not_add_up_exit_3_and_say_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert profile(monkeypatch, World(slower=1.2)) == 3
    assert "less than the whole network: they do not add up" in capsys.readouterr().out


@pytest.mark.parametrize(("by", "first"), [("block", "stage1.block1"), ("op", "depthwise 3×3")])
def test_lines_may_be_shared(
    by: str, first: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert profile(monkeypatch, World(), "--by", by) == 0
    assert first in capsys.readouterr().out


def test_a_way_that_fails_leaves_the_others_figures_and_exits_3(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = Failure(kind="crash", message="the profiler crashed")
    assert profile(monkeypatch, World(), in_place=lambda: gone) == 3
    shown = capsys.readouterr().out
    assert "in place: the profiler crashed" in shown
    assert "stem.conv" in shown


def test_a_layer_that_crashes_alone_is_told_and_the_rest_is_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World()
    world.failing = {1 + len(FIXED_COPIES)}
    assert profile(monkeypatch, world) == 0
    shown = capsys.readouterr().out
    assert f"without {layer_names()[0]}" in shown
    assert "SIGSEGV" in shown


def test_a_network_that_crashes_is_one_sentence_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World()
    world.failing = {0}
    assert profile(monkeypatch, world) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert NET in shown.err
    assert load("p.json").complete


def test_ctrl_c_while_layers_are_timed_keeps_what_was_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World()
    calls: list[float] = []

    def worker(timeout_s: float) -> FakeWorker:
        calls.append(timeout_s)
        if len(calls) == 3:
            world.failing, world.failure = set(range(len(world.models_ns))), KeyboardInterrupt()
        return _Worker(world)

    monkeypatch.setattr(world, "worker", worker)
    assert profile(monkeypatch, world, in_place=lambda: pytest.fail("nothing is begun after Ctrl-C")) == 130
    shown = capsys.readouterr()
    assert "stem.conv" in shown.out
    assert "what was measured is in p.json" in shown.err
    saved = load("p.json")
    assert not saved.complete
    assert saved.profile is not None
    assert saved.profile.isolated is not None


def test_ctrl_c_in_place_keeps_the_isolated_layers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert profile(monkeypatch, World(), in_place=KeyboardInterrupt) == 130
    saved = load("p.json")
    assert saved.profile is not None
    assert saved.profile.isolated is not None
    assert saved.profile.in_place is None


def test_until_the_last_way_is_taken_the_report_on_disk_is_incomplete(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def in_place() -> InPlaceFound:
        seen.append(load("p.json").complete)
        return agreeing()

    def roof() -> tuple[RoofRecord | None, str]:
        seen.append(load("p.json").complete)
        return ROOF, ""

    assert profile(monkeypatch, World(), in_place=in_place, roof=roof) == 0
    assert seen == [False, False]
    assert load("p.json").complete


def test_ctrl_c_while_the_roof_is_measured_keeps_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> tuple[RoofRecord | None, str]:
        raise KeyboardInterrupt

    assert profile(monkeypatch, World(), roof=interrupted) == 130
    saved = load("p.json")
    assert saved.profile is not None
    assert saved.profile.in_place is not None
    assert not saved.complete


def test_ctrl_c_before_anything_is_measured_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World()
    world.failing, world.failure = set(range(len(world.models_ns))), KeyboardInterrupt()
    assert profile(monkeypatch, world) == 130
    assert capsys.readouterr().err == "pibench: interrupted; nothing was measured\n"


def test_one_way_may_be_asked_for_alone(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert profile(monkeypatch, World(), "--isolated", in_place=lambda: pytest.fail("not asked for")) == 0
    assert "in place" not in capsys.readouterr().out
    assert profile(monkeypatch, World(), "--in-place") == 0
    assert "isolated" not in capsys.readouterr().out
    assert len(load("p.json").results) == 1


def test_the_roof_may_be_left_out(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert profile(monkeypatch, World(), "--no-roof", roof=lambda: pytest.fail("not asked for")) == 0
    assert "of roof" not in capsys.readouterr().out


def test_a_board_without_a_roof_is_told_and_still_profiled(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert profile(monkeypatch, World(), roof=lambda: (None, "no kernel for this machine")) == 0
    assert "the roof: no kernel for this machine" in capsys.readouterr().out


def test_a_profile_is_of_one_condition(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profile", NET, "--threads", "1,2"]) == 2
    assert "a profile is of one condition: here are 2" in capsys.readouterr().err


def test_a_users_own_file_is_cut_into_layers_on_the_real_runtime(
    runtime: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["profile", str(FILE), "--runtime", runtime, "--processes", "2", "--seconds", "0.02", "--no-roof"]
    assert run([*words, "--isolated", "-o", "p.json"]) in (0, 3)
    saved = load("p.json")
    assert saved.profile is not None
    assert all(layer.isolated for layer in saved.profile.layers)
    assert "separable" in capsys.readouterr().out


def test_both_ways_and_the_roof_on_the_real_runtime(runtime: str) -> None:
    words = ["profile", NET, "--runtime", runtime, "--processes", "2", "--seconds", "0.02"]
    assert run([*words, "-o", "p.json"]) in (0, 3)
    saved = load("p.json")
    assert saved.profile is not None
    assert saved.profile.in_place_failure is None
    assert saved.profile.roof is not None
    assert all(layer.in_place or layer.in_place_with for layer in saved.profile.layers)
