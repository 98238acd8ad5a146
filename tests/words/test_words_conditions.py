from __future__ import annotations

from pibench.report import Condition
from pibench.words.results import short_condition


def test_a_condition_is_told_with_its_cores_where_it_has_some() -> None:
    assert str(Condition(threads=2, cpus=(0, 1))) == "litert, 2 threads, cores 0,1"
    assert str(Condition(kernels="builtin", cpus=(3,))) == "litert, 1 thread, builtin, core 3"
    assert str(Condition()) == "litert, 1 thread"


def test_cores_set_conditions_apart() -> None:
    conditions = [Condition(cpus=(0,)), Condition(cpus=(1,)), Condition()]
    assert [short_condition(one, conditions) for one in conditions] == ["core 0", "core 1", "any core"]
    assert short_condition(conditions[0], conditions[:1]) == ""
