from __future__ import annotations

from pathlib import Path

import pytest
from fakes import output

from pibench.engine import installed_runtimes
from pibench.measure.agreement import FLOAT_TOLERANCE, Outputs, disagreement
from pibench.worker.client import Worker
from pibench.worker.protocol import Inspect, Inspected, Load, Loaded, OutputSample

RIGHT = output(1.0, -2.0, 0.5)


def told(own: Outputs, *others: Outputs) -> str:
    return disagreement([own], [[own], *([other] for other in others)])


def test_equal_outputs_agree() -> None:
    assert told(RIGHT, RIGHT, RIGHT) == ""


def test_rounding_is_no_difference_and_more_is() -> None:
    near = output(1.0 + FLOAT_TOLERANCE, -2.0, 0.5)
    far = output(1.0 + 5 * FLOAT_TOLERANCE, -2.0, 0.5)
    assert told(near, RIGHT) == ""
    assert told(output(1.0 + 3 * FLOAT_TOLERANCE, -2.0, 0.5), RIGHT)
    assert "off by 0.0025 of its largest value" in told(far, RIGHT, RIGHT)


def test_of_three_the_odd_one_is_told() -> None:
    wrong = output(5.0, -2.0, 0.5)
    assert told(RIGHT, RIGHT, wrong) == ""
    assert told(wrong, RIGHT, RIGHT)


def test_of_two_that_differ_both_are_told() -> None:
    wrong = output(5.0, -2.0, 0.5)
    assert told(RIGHT, wrong)
    assert told(wrong, RIGHT)


def test_a_change_between_loading_and_the_end_is_told() -> None:
    later = output(1.0, -2.0, 9.0)
    assert "off by" in disagreement([RIGHT, later], [[RIGHT, later]])


def test_indices_are_equal_or_wrong(dtype: str = "int64") -> None:
    assert told(output(3, dtype=dtype), output(4, dtype=dtype))
    assert told(output(3, dtype=dtype), output(3, dtype=dtype)) == ""


@pytest.mark.parametrize(("steps", "fine"), [(5, True), (6, False)])
def test_quantised_values_may_differ_by_a_few_steps(steps: int, fine: bool) -> None:
    first, second = output(10, 20, dtype="int8"), output(10, 20 + steps, dtype="int8")
    assert (told(second, first, first) == "") is fine


def test_infinities_and_nans_must_be_in_the_same_places() -> None:
    assert told(output(1.0, None), output(1.0, None)) == ""
    assert "not finite" in told(output(1.0, None), output(1.0, 2.0), output(1.0, 2.0))
    assert told(output(None), output(None)) == ""


def test_other_shapes_or_types_are_told() -> None:
    assert "types or shapes" in told(output(1.0, 2.0), RIGHT)
    assert "types or shapes" in told(output(1.0, 2.0, dtype="int8"), output(1.0, 2.0))


def test_all_zeros_agree_only_with_zeros() -> None:
    assert told(output(0.0, 0.0), output(0.0, 0.0)) == ""
    assert "inf of its largest value" in told(output(1.0, 0.0), output(0.0, 0.0), output(0.0, 0.0))


def test_a_condition_without_outputs_yet_says_nothing() -> None:
    assert disagreement([RIGHT], [[RIGHT], []]) == ""
    assert disagreement([], [[RIGHT], []]) == ""


def test_models_without_outputs_agree() -> None:
    empty: tuple[OutputSample, ...] = ()
    assert told(empty, empty) == ""


def test_the_runtimes_that_are_installed_agree_about_a_network(small_model: Path) -> None:
    outputs = []
    for runtime in installed_runtimes():
        with Worker() as worker:
            engine = worker.ask(Load(str(small_model), runtime.name), Loaded).engine
            outputs.append([worker.ask(Inspect(engine), Inspected).outputs])
    assert all(disagreement(own, outputs) == "" for own in outputs)
