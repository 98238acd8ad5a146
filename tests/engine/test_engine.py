from __future__ import annotations

import gc
import platform
import threading
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from small_net import small_graph

from pibench import _native
from pibench.engine import KERNEL_MODES, RuntimeInfo, RuntimeName, open_engine
from pibench.engine.base import seeded_input, take_samples
from pibench.engine.tflite_runtime import runs_in_one_delegate
from pibench.errors import EngineError
from pibench.graph import GraphBuilder, TensorSpec
from pibench.tflite import write


def test_inputs_and_outputs_are_described(runtime: RuntimeName, small_model: Path) -> None:
    with open_engine(runtime, str(small_model)) as engine:
        assert [(t.name, t.spec) for t in engine.inputs] == [("image", TensorSpec((1, 8, 8, 3)))]
        assert [t.spec for t in engine.outputs] == [TensorSpec((1, 10))]


def test_output_follows_the_input(runtime: RuntimeName, small_model: Path) -> None:
    outputs = []
    with open_engine(runtime, str(small_model)) as engine:
        for seed in (1, 2, 1):
            engine.write_input(0, seeded_input(engine.inputs[0].spec, seed))
            engine.run(1)
            outputs.append(engine.read_output(0))
    assert np.array_equal(outputs[0], outputs[2])
    assert not np.allclose(outputs[0], outputs[1])


@pytest.mark.parametrize("kernels", KERNEL_MODES)
@pytest.mark.parametrize("threads", [1, 2])
def test_kernels_and_threads_agree_on_the_result(
    runtime: RuntimeName, small_model: Path, kernels: str, threads: int
) -> None:
    results = []
    for options in ((1, "xnnpack"), (threads, kernels)):
        with open_engine(runtime, str(small_model), *options) as engine:
            engine.write_input(0, seeded_input(engine.inputs[0].spec, 0))
            engine.run(1)
            results.append(engine.read_output(0))
    np.testing.assert_allclose(results[1], results[0], atol=1e-5)


@pytest.mark.parametrize(("kernels", "delegated"), [("xnnpack", True), ("builtin", False), ("reference", False)])
def test_it_tells_whether_xnnpack_runs_everything(
    runtime: RuntimeName, small_model: Path, kernels: str, delegated: bool
) -> None:
    if platform.machine() == "armv7l" and delegated:
        pytest.skip("tflite-runtime's armv7l wheel does not use XNNPACK by default")
    with open_engine(runtime, str(small_model), kernels=kernels) as engine:
        assert engine.fully_delegated is delegated


def test_samples_are_stamped_in_order_and_do_not_overlap(runtime: RuntimeName, small_model: Path) -> None:
    with open_engine(runtime, str(small_model)) as engine:
        before = time.monotonic_ns()
        samples = engine.run(500)
        after = time.monotonic_ns()
    ends = samples.start_ns + samples.duration_ns
    assert before <= samples.start_ns[0]
    assert ends[-1] <= after
    assert np.all(samples.start_ns[1:] >= ends[:-1])
    assert np.all(samples.duration_ns > 0)


def test_a_group_is_that_many_invocations_in_one_sample(runtime: RuntimeName, small_model: Path) -> None:
    with open_engine(runtime, str(small_model)) as engine:
        engine.run(200)
        single, grouped = engine.run(200), engine.run(200, group=50)
    ratio = np.median(grouped.duration_ns) / np.median(single.duration_ns)
    assert 10 < ratio < 250


def test_other_python_threads_go_on_while_it_runs(runtime: RuntimeName, small_model: Path) -> None:
    ticks = []
    done = threading.Event()

    def tick() -> None:
        while not done.wait(0.001):
            ticks.append(time.monotonic_ns())

    with open_engine(runtime, str(small_model)) as engine:
        thread = threading.Thread(target=tick)
        thread.start()
        samples = engine.run(100, group=2000)
        done.set()
        thread.join()
    within = [t for t in ticks if samples.start_ns[0] < t < samples.start_ns[-1]]
    assert within


def test_no_samples_are_no_invocation(runtime: RuntimeName, small_model: Path) -> None:
    with open_engine(runtime, str(small_model)) as engine:
        assert len(engine.run(0).duration_ns) == 0


def test_a_group_of_none_is_refused(runtime: RuntimeName, small_model: Path) -> None:
    with open_engine(runtime, str(small_model)) as engine, pytest.raises(ValueError, match="at least 1"):
        engine.run(1, group=0)


def test_arrays_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="3 samples, duration_ns 2"):
        _native.time_nothing(np.empty(3, np.int64), np.empty(2, np.int64))


def test_a_closed_engine_says_so(runtime: RuntimeName, small_model: Path) -> None:
    engine = open_engine(runtime, str(small_model))
    engine.close()
    engine.close()
    for use in (
        lambda: engine.run(1),
        lambda: engine.read_output(0),
        lambda: engine.write_input(0, np.zeros((1, 8, 8, 3), np.float32)),
        lambda: engine.fully_delegated,
    ):
        with pytest.raises(EngineError, match="closed"):
            use()


def test_an_engine_that_is_dropped_unclosed_warns(runtime: RuntimeName, small_model: Path) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        engine = open_engine(runtime, str(small_model))
        del engine
        gc.collect()
    assert [str(w.message) for w in caught if w.category is ResourceWarning] == ["an engine was not closed"]


def test_many_engines_live_side_by_side(runtime: RuntimeName, small_model: Path) -> None:
    engines = [open_engine(runtime, str(small_model)) for _ in range(4)]
    outputs = []
    for engine in engines:
        engine.write_input(0, seeded_input(engine.inputs[0].spec, 3))
    for engine in engines:
        engine.run(2)
        outputs.append(engine.read_output(0))
        engine.close()
    assert all(np.array_equal(outputs[0], output) for output in outputs[1:])


def test_several_inputs_and_outputs_keep_their_order(runtime: RuntimeName, tmp_path: Path) -> None:
    net = GraphBuilder("two")
    a, b = net.input((1, 2, 2, 1), name="a"), net.input((1, 2, 2, 3), name="b")
    path = tmp_path / "two.tflite"
    path.write_bytes(write(net.build(net.concat(a, b), net.activation(b, "relu"))))
    with open_engine(runtime, str(path)) as engine:
        values = [seeded_input(t.spec, k) for k, t in enumerate(engine.inputs)]
        for index, value in enumerate(values):
            engine.write_input(index, value)
        engine.run(1)
        by_shape = {t.spec.shape: engine.read_output(k) for k, t in enumerate(engine.outputs)}
    order = {t.name: value for t, value in zip(engine.inputs, values, strict=True)}
    np.testing.assert_array_equal(by_shape[1, 2, 2, 4], np.concatenate([order["a"], order["b"]], axis=-1))
    np.testing.assert_array_equal(by_shape[1, 2, 2, 3], np.maximum(order["b"], 0))


@pytest.mark.parametrize(
    "values",
    [np.zeros((1, 4, 4, 3), np.float32), np.zeros((1, 8, 8, 3), np.float64), np.zeros((1, 3, 8, 8), np.float32)],
)
def test_an_input_of_another_shape_or_type_is_refused(
    runtime: RuntimeName, small_model: Path, values: np.ndarray
) -> None:
    with (
        open_engine(runtime, str(small_model)) as engine,
        pytest.raises(ValueError, match="takes float32 of shape 1×8×8×3"),
    ):
        engine.write_input(0, values)


@pytest.mark.parametrize("index", [-1, 1, 3])
def test_a_tensor_that_is_not_there_is_refused(runtime: RuntimeName, small_model: Path, index: int) -> None:
    with open_engine(runtime, str(small_model)) as engine:
        with pytest.raises(IndexError):
            engine.write_input(index, seeded_input(engine.inputs[0].spec, 0))
        with pytest.raises(IndexError):
            engine.read_output(index)


def test_native_indices_are_checked_too(litert: RuntimeInfo, small_model: Path) -> None:
    with _native.LiteRtEngine(str(litert.library), str(small_model)) as engine, pytest.raises(IndexError):
        engine.read_output(7)


@pytest.mark.parametrize(
    ("dtype", "low", "high"), [("int8", -128, 127), ("uint8", 0, 255), ("int16", -32768, 32767), ("bool", 0, 1)]
)
def test_integer_inputs_use_their_range(dtype: str, low: int, high: int) -> None:
    values = seeded_input(TensorSpec((1, 200, 200, 4), dtype), 0)
    assert values.dtype == dtype
    assert low <= values.min() <= low + 2
    assert high - 2 <= values.max() <= high


def test_indices_stay_where_any_table_has_rows() -> None:
    assert set(np.unique(seeded_input(TensorSpec((100,), "int32"), 0))) == {0, 1}


def test_float_inputs_are_standard_normal_and_seeded() -> None:
    spec = TensorSpec((1, 64, 64, 3))
    first, again, other = (seeded_input(spec, seed) for seed in (5, 5, 6))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert abs(first.std() - 1) < 0.05


def test_the_clock_has_a_step_and_a_price() -> None:
    start, duration = np.empty(1001, np.int64), np.empty(1001, np.int64)
    _native.time_nothing(start, duration)
    assert _native.clock_step_ns() > 0
    assert np.all(duration >= 0)
    assert np.all(np.diff(start) >= duration[:-1])


def test_a_library_that_is_not_litert_is_refused(small_model: Path) -> None:
    with pytest.raises(EngineError, match="not a LiteRT that pibench can use"):
        _native.LiteRtEngine("libm.so.6", str(small_model))


def test_a_failed_open_leaves_the_next_one_unharmed(litert: RuntimeInfo, small_model: Path) -> None:
    with pytest.raises(EngineError):
        _native.LiteRtEngine(str(litert.library), "/nonexistent.tflite")
    with open_engine("litert", str(small_model)) as engine:
        engine.run(1)


def op(name: str, inputs: list[int], outputs: list[int]) -> dict[str, object]:
    return {"op_name": name, "inputs": inputs, "outputs": outputs}


@pytest.mark.parametrize(
    ("ops", "delegated"),
    [
        ([op("CONV_2D", [0], [1]), op("ADD", [1], [2]), op("DELEGATE", [0, 7], [2])], True),
        ([op("CONV_2D", [0], [1]), op("ADD", [1], [2])], False),
        ([op("CUSTOM", [0], [1]), op("ADD", [1], [2]), op("DELEGATE", [1], [2])], False),
        ([op("ADD", [0], [1]), op("CUSTOM", [1], [2]), op("DELEGATE", [0], [1])], False),
        ([op("ADD", [0], [1]), op("DELEGATE", [0], [1]), op("DELEGATE", [1], [2])], False),
    ],
)
def test_full_delegation_is_one_delegate_from_the_inputs_to_the_outputs(ops: list, delegated: bool) -> None:
    assert runs_in_one_delegate(ops, outputs=[2]) is delegated


def test_a_graph_round_trips_through_an_engine_without_a_name_clash(runtime: RuntimeName, tmp_path: Path) -> None:
    path = tmp_path / "named with spaces é.tflite"
    path.write_bytes(write(small_graph()))
    with open_engine(runtime, str(path)) as engine:
        engine.run(1)


def test_the_reference_takes_time_in_proportion_to_its_length() -> None:
    medians = []
    for length in (20_000, 80_000):
        loop = _native.ReferenceLoop(length)
        medians.append(np.median(take_samples(loop, 200).duration_ns))
        loop.close()
    assert medians[1] / medians[0] == pytest.approx(4, rel=0.5)


def test_a_reference_of_no_length_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        _native.ReferenceLoop(0)
