from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pibench import _native
from pibench.engine import KERNEL_MODES, KernelMode, RuntimeInfo, RuntimeName, open_engine
from pibench.engine.profile import Profile, folded
from pibench.errors import EngineError

OWN_KERNELS: tuple[KernelMode, ...] = ("builtin", "reference")
# tflite::Profiler's event types.
SPAN, OPERATOR, INTERNAL, TELEMETRY = 1, 2, 8, 32

EXT = Path(__file__).parents[2] / "ext"
OTHER_THREAD = """
#include <cstdio>
#include <thread>

#include "tflite_profiler.h"

using namespace pibench::tflite;

void tell(Profiler* profiler, const char* name) {
  profiler->EndEvent(profiler->BeginEvent(name, Profiler::EventType(2), 0, 0));
}

int main() {
  Recorder recorder, other;
  recorder.log.expect(8);
  use_log_of(&recorder);
  void* const before = exchange_functions(&other, stand_in_functions());
  // Through a pointer that the compiler cannot follow, as a runtime has one.
  Profiler* volatile profiler = &other;
  std::thread([&] {
    tell(profiler, "theirs");
    profiler->AddEvent("theirs", Profiler::EventType(8), 1, 0, 0);
  }).join();
  tell(profiler, "ours");
  exchange_functions(&other, before);
  std::printf("%zu event: %s\\n", recorder.log.size(), recorder.log.at(0).name);
}
"""


def profiled(runtime: RuntimeName, model: Path, kernels: KernelMode = "builtin", samples: int = 5) -> Profile:
    with open_engine(runtime, str(model), kernels=kernels, profile=True) as engine:
        engine.run(1)
        engine.run(samples)
        return engine.profile()


@pytest.mark.parametrize("kernels", OWN_KERNELS)
def test_the_runtimes_own_kernels_are_told_by_their_number_in_the_file(
    runtime: RuntimeName, small_model: Path, kernels: KernelMode
) -> None:
    profile = profiled(runtime, small_model, kernels)
    operators = [(event.name, event.node) for event in profile.events if event.kind == "operator"]
    assert operators == [("CONV_2D", 0), ("MEAN", 1), ("FULLY_CONNECTED", 2)]
    assert not [event for event in profile.events if event.kind == "delegate"]


def test_xnnpack_tells_its_own_operations(litert: RuntimeInfo, small_model: Path) -> None:
    profile = profiled(litert.name, small_model, "xnnpack")
    internal = [event for event in profile.events if event.kind == "delegate"]
    names = [event.name.partition(" (")[0] for event in internal]
    assert names == ["Convolution", "Mean", "Static Reshape", "Fully Connected"]
    # Whole microseconds.
    assert {int(ns) % 1000 for event in internal for ns in event.ns} == {0}


@pytest.mark.parametrize("kernels", KERNEL_MODES)
def test_operations_lie_within_their_inference(runtime: RuntimeName, small_model: Path, kernels: KernelMode) -> None:
    with open_engine(runtime, str(small_model), kernels=kernels, profile=True) as engine:
        whole_ns = engine.run(20).duration_ns
        profile = engine.profile()
    own = [event.ns for event in profile.events if event.kind == "operator"]
    if own:
        assert np.all(np.sum(own, axis=0) <= whole_ns)
        assert np.all(np.sum(own, axis=0) > 0)
    assert all(len(event.ns) == 20 for event in profile.events)


def test_each_run_is_told_anew(runtime: RuntimeName, small_model: Path) -> None:
    with open_engine(runtime, str(small_model), kernels="builtin", profile=True) as engine:
        for samples in (7, 3):
            engine.run(samples)
            assert (engine.profile().inferences, engine.profile().dropped) == (samples, 0)


def test_every_invocation_of_a_group_is_told(runtime: RuntimeName, small_model: Path) -> None:
    with open_engine(runtime, str(small_model), kernels="builtin", profile=True) as engine:
        engine.run(4, group=5)
        assert engine.profile().inferences == 20


def test_what_finds_no_room_is_counted(runtime: RuntimeName, small_model: Path) -> None:
    with open_engine(runtime, str(small_model), kernels="builtin", profile=True) as engine:
        engine.run(1, group=40_000)
        profile = engine.profile()
    assert profile.dropped > 0
    assert profile.inferences + profile.dropped == 40_000
    assert [event.node for event in profile.events if event.kind == "operator"] == [0, 1, 2]


@pytest.mark.parametrize("kernels", KERNEL_MODES)
def test_the_profiler_does_not_change_the_result(runtime: RuntimeName, small_model: Path, kernels: KernelMode) -> None:
    outputs = []
    for profile in (False, True):
        with open_engine(runtime, str(small_model), kernels=kernels, profile=profile) as engine:
            engine.write_input(0, np.ones((1, 8, 8, 3), np.float32))
            engine.run(2)
            outputs.append(engine.read_output(0))
    np.testing.assert_array_equal(*outputs)


def test_two_profiled_engines_keep_their_events_apart(runtime: RuntimeName, small_model: Path) -> None:
    options = {"kernels": "builtin", "profile": True}
    with (
        open_engine(runtime, str(small_model), **options) as first,  # type: ignore[arg-type]
        open_engine(runtime, str(small_model), **options) as second,  # type: ignore[arg-type]
    ):
        first.run(2)
        second.run(3)
        assert (first.profile().inferences, second.profile().inferences) == (2, 3)


def test_an_engine_without_its_profiler_says_so(runtime: RuntimeName, small_model: Path) -> None:
    with open_engine(runtime, str(small_model)) as engine:
        engine.run(1)
        with pytest.raises(EngineError, match="opened without its profiler"):
            engine.profile()


def test_litert_tells_the_same_through_its_c_api(litert: RuntimeInfo, small_model: Path) -> None:
    told = []
    for stand_in in (True, False):
        with _native.LiteRtEngine(str(litert.library), str(small_model), 1, "builtin", True, stand_in) as engine:
            engine.run(np.zeros(3, np.int64), np.zeros(3, np.int64))
            profile = folded(*engine.events())
            told.append([event[:3] for event in profile.events if event.kind == "operator"])
            assert profile.inferences == 3
    assert told[0] == told[1]
    assert all(int(ns) % 1000 == 0 for event in profile.events for ns in event.ns)


@pytest.mark.parametrize(("version", "whole_microseconds"), [("2.3.0", False), ("2.4.0", True), ("2.30.0", True)])
def test_only_the_profilers_of_known_versions_are_stood_in_for(
    litert: RuntimeInfo, small_model: Path, version: str, whole_microseconds: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RuntimeInfo, "version", property(lambda self: version))
    events = profiled(litert.name, small_model, "builtin").events
    assert all(int(ns) % 1000 == 0 for event in events for ns in event.ns) is whole_microseconds


@pytest.mark.skipif(shutil.which("c++") is None, reason="there is no C++ compiler")
def test_what_another_thread_tells_the_stand_in_is_left_out(tmp_path: Path) -> None:
    source, program = tmp_path / "threads.cpp", tmp_path / "threads"
    source.write_text(OTHER_THREAD)
    subprocess.run(["c++", "-std=c++17", "-pthread", f"-I{EXT}", source, "-o", program, "-ldl"], check=True)
    assert subprocess.run([program], check=True, capture_output=True, text=True).stdout == "1 event: ours\n"


def test_events_are_folded_by_inference_and_telemetry_is_left_out() -> None:
    raw = [
        ("Invoke", SPAN, -1, 0, 9_000),
        ("Add (ND)", INTERNAL, 0, 0, 3_000),
        ("Invoke", TELEMETRY, -1, 0, 4_294_967_296_000),
        ("Invoke", SPAN, -1, 0, 8_000),
        ("Add (ND)", INTERNAL, 0, 0, 2_000),
        ("Invoke", TELEMETRY, -1, 0, 4_294_967_296_000),
    ]
    span, add = folded(raw, 2, 1).events
    assert (span.name, span.kind, span.ns.tolist()) == ("Invoke", "span", [9_000, 8_000])
    assert (add.name, add.kind, add.ns.tolist()) == ("Add (ND)", "delegate", [3_000, 2_000])
    assert folded(raw, 2, 1).dropped == 1


def test_inferences_that_did_different_things_are_an_error() -> None:
    raw = [("ADD", OPERATOR, 0, 0, 5), ("MUL", OPERATOR, 0, 0, 5)]
    with pytest.raises(EngineError, match="same operations in each inference"):
        folded(raw, 2, 0)


def test_no_inference_has_no_events() -> None:
    assert folded([], 0, 3) == Profile((), 0, 3)


def test_a_litert_without_a_profiler_runs_models_all_the_same(
    litert: RuntimeInfo, small_model: Path, tmp_path: Path
) -> None:
    library = tmp_path / litert.library.name
    library.write_bytes(litert.library.read_bytes().replace(b"LiteRtGetProfilerEvents", b"LiteRtGetProfilerEventX"))
    # In a process of its own: two copies of the library do not go together.
    script = f"""
import numpy as np
from pibench import _native
from pibench.errors import UnsupportedModelError
with _native.LiteRtEngine({str(library)!r}, {str(small_model)!r}) as engine:
    engine.run(np.zeros(1, np.int64), np.zeros(1, np.int64))
try:
    _native.LiteRtEngine({str(library)!r}, {str(small_model)!r}, profile=True)
except UnsupportedModelError as error:
    print(error)
"""
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert told.strip() == "this LiteRT has no profiler that pibench can use: LiteRtGetProfilerEvents"
