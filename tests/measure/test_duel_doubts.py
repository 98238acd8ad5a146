from __future__ import annotations

from pathlib import Path

from fakes import CONDITION, output

from pibench.measure.duel import Contestant, Sight
from pibench.measure.duel_doubts import doubts_about_duel
from pibench.report import Condition, ThreadRecord


def pair(a: Condition = CONDITION, b: Condition = CONDITION, **of_b: str) -> tuple[Contestant, Contestant]:
    return Contestant("a", Path("a"), a), Contestant("b", Path("b"), b, **of_b)  # type: ignore[arg-type]


def told(contestants: tuple[Contestant, Contestant], delegated: tuple[bool, bool] = (True, True)) -> list[str]:
    sights = [Sight(delegated=whole) for whole in delegated]
    return [doubt.message for doubt in doubts_about_duel(contestants, sights, usable_cores=4)]


def grave(contestants: tuple[Contestant, Contestant], a: Sight, b: Sight) -> list[str]:
    return [doubt.kind for doubt in doubts_about_duel(contestants, (a, b), usable_cores=4) if doubt.grave]


def test_a_clean_comparison_has_no_doubts() -> None:
    assert told(pair(Condition(threads=4), Condition(threads=4))) == []


def test_more_threads_than_cores_are_told_once_for_both() -> None:
    eight = Condition(threads=8)
    assert told(pair(eight, eight)) == ["A and B: 8 threads on 4 cores: ask for fewer"]
    assert told(pair(Condition(threads=4), eight)) == ["B: 8 threads on 4 cores: ask for fewer"]


def test_operations_outside_xnnpack_are_told_of_the_side_that_asked_for_it() -> None:
    message = "some operations ran outside XNNPACK, on slower kernels"
    assert told(pair(), (False, True)) == [f"A: {message}"]
    assert told(pair(b=Condition(kernels="builtin")), (True, False)) == []


def test_a_model_that_only_the_runtime_understands_is_told() -> None:
    contestants = pair(unread_because="b has an operation without a name")
    (doubt,) = doubts_about_duel(contestants, (Sight(), Sight()), 4)
    assert doubt.kind == "unread_model"
    assert doubt.message.startswith("B: ")
    assert doubt.message.endswith("b has an operation without a name")


def test_two_networks_may_differ_in_their_outputs_and_one_may_not() -> None:
    a, b = Sight(outputs=[output(1.0)]), Sight(outputs=[output(2.0)])
    assert grave(pair(), a, b) == []
    itself = (pair()[0], pair()[0])
    assert grave(itself, a, b) == ["output_differs"]
    assert grave(itself, a, a) == []


def test_a_network_whose_outputs_differ_between_processes_is_untrusted() -> None:
    unstable = Sight(outputs=[output(1.0), output(1.0), output(3.0)])
    assert grave(pair(), unstable, Sight(outputs=[output(2.0)])) == ["output_differs"]


def test_a_thread_off_its_core_makes_the_ratio_untrusted() -> None:
    strayed = Sight(threads=[ThreadRecord(thread=0, asked=2, allowed=(2,), seen=(1, 2))])
    assert grave(pair(), Sight(), strayed) == ["misplaced_threads"]
