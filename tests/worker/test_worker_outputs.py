from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from small_net import small_graph

from pibench.engine import RuntimeName
from pibench.tflite import write
from pibench.worker.client import Worker
from pibench.worker.outputs import sample_of
from pibench.worker.protocol import Inspect, Inspected, Load, Loaded, OutputSample, Run, Sampled


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (np.array([1.5, -2.0], np.float32), (1.5, -2.0)),
        (np.array([0.5, 65504], np.float16), (0.5, 65504.0)),
        (np.array([0.1], np.float64), (0.1,)),
        (np.array([-128, 127], np.int8), (-128.0, 127.0)),
        (np.array([0, 255], np.uint8), (0.0, 255.0)),
        (np.array([-(2**40)], np.int64), (-(2.0**40),)),
        (np.array([2**63], np.uint64), (2.0**63,)),
        (np.array([True, False]), (1.0, 0.0)),
        (np.array([3 + 4j], np.complex64), (5.0,)),
        (np.array([3 - 4j], np.complex128), (5.0,)),
        (np.array([np.nan, np.inf, -np.inf, 1], np.float32), (None, None, None, 1.0)),
        (np.array([complex(np.nan, 1)], np.complex64), (None,)),
        (np.array(7, np.int32), (7.0,)),
        (np.empty((1, 0, 3), np.float32), ()),
        (np.array([b"a", b"bc"]), ()),
    ],
)
def test_every_type_is_told_as_floats(values: np.ndarray, told: tuple[float | None, ...]) -> None:
    sample = sample_of("out", values)
    assert sample == OutputSample(
        "out", values.dtype.name, values.shape, hashlib.sha256(values.tobytes()).hexdigest(), told
    )


def test_strings_of_any_length_have_a_digest_of_what_they_say() -> None:
    samples = [sample_of("out", np.array([b"a" * 3, text], object)) for text in (b"x", b"".join([b"x"]), b"y")]
    assert samples[0].digest == samples[1].digest != samples[2].digest
    assert samples[0].values == ()


@pytest.mark.parametrize("size", [1024, 1025, 5000, 1_000_001])
def test_large_outputs_are_sampled_evenly_from_first_to_last(size: int) -> None:
    values = np.array(sample_of("out", np.arange(size, dtype=np.float64).reshape(-1, 1)).values)
    assert len(values) == 1024
    assert (values[0], values[-1]) == (0, size - 1)
    steps = np.diff(values)
    assert steps.max() - steps.min() <= 1


def test_the_digest_sees_what_the_samples_miss() -> None:
    values = np.zeros(5000, np.float32)
    before = sample_of("out", values)
    values[1] = 1e-30
    after = sample_of("out", values)
    assert before.values == after.values
    assert before.digest != after.digest


def test_the_digest_does_not_depend_on_the_layout() -> None:
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert sample_of("out", values) == sample_of("out", np.asfortranarray(values))


def outputs_of(model: Path, runtime: RuntimeName, seed: int = 0) -> tuple[OutputSample, ...]:
    with Worker() as worker:
        loaded = worker.ask(Load(str(model), runtime, seed=seed), Loaded)
        worker.ask(Run(loaded.engine, 2), Sampled)
        return worker.ask(Inspect(loaded.engine), Inspected).outputs


def test_processes_agree_on_the_outputs_of_a_seed(runtime: RuntimeName, small_model: Path) -> None:
    first, again, other = (outputs_of(small_model, runtime, seed) for seed in (0, 0, 1))
    assert [(output.dtype, output.shape, len(output.values)) for output in first] == [("float32", (1, 10), 10)]
    assert first == again
    assert first[0].values != other[0].values


def test_other_weights_show_in_the_outputs(runtime: RuntimeName, small_model: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.tflite"
    other.write_bytes(write(small_graph(), seed=1))
    assert outputs_of(small_model, runtime)[0].values != outputs_of(other, runtime)[0].values
