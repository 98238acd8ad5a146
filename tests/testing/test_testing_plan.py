from __future__ import annotations

from types import SimpleNamespace

import pytest

from pibench.errors import PibenchError
from pibench.report import Condition
from pibench.testing.plan import Plan

pytest_plugins = ["pytester"]


def items_of(pytester: pytest.Pytester, source: str) -> dict[str, pytest.Item]:
    return {item.name: item for item in pytester.getitems("import pytest\n" + source)}


def names(pairs: dict[str, object]) -> list[str]:
    return [test.rpartition("::")[2] for test in pairs]


def test_parametrisations_of_one_test_are_sampled_together(pytester: pytest.Pytester) -> None:
    items = items_of(
        pytester,
        """
@pytest.mark.parametrize("subject", ["a", "b"])
def test_one(subject): pass

@pytest.mark.latency("c")
def test_other(): pass
""",
    )
    plan = Plan(items.values())
    pairs = plan.together(items["test_one[b]"])
    assert names(pairs) == ["test_one[a]", "test_one[b]"]
    assert list(pairs.values()) == [("a", Condition()), ("b", Condition())]
    assert plan.is_alone(items["test_other"])
    assert not plan.is_alone(items["test_one[a]"])


def test_a_named_group_is_sampled_together_whatever_its_functions(pytester: pytest.Pytester) -> None:
    items = items_of(
        pytester,
        """
@pytest.mark.benchmark(group="g")
@pytest.mark.latency("a")
def test_one(): pass

class TestMore:
    @pytest.mark.benchmark(group="g", warmup=False)
    @pytest.mark.latency("b", threads=2)
    def test_two(self): pass
""",
    )
    assert names(Plan(items.values()).together(items["test_two"])) == ["test_one", "test_two"]


def test_what_was_sampled_once_waits_no_longer(pytester: pytest.Pytester) -> None:
    items = items_of(pytester, '@pytest.mark.parametrize("subject", ["a", "b"])\ndef test_one(subject): pass\n')
    plan = Plan(items.values())
    plan.apart(items["test_one[a]"], None, None)
    assert not plan.is_waiting(items["test_one[a]"])
    assert names(plan.together(items["test_one[b]"])) == ["test_one[b]"]


@pytest.mark.parametrize(
    "marker",
    [
        "skip",
        "skipif(True, reason='')",
        "skipif(condition=True, reason='')",
        "xfail(run=False)",
        "xfail(True, reason='', run=False)",
        "latency(threads=0)",
    ],
)
def test_others_do_not_wait_for_a_test_that_will_not_run(pytester: pytest.Pytester, marker: str) -> None:
    items = items_of(
        pytester,
        f"""
@pytest.mark.parametrize("subject", ["a", pytest.param("b", marks=pytest.mark.{marker})])
def test_one(subject): pass
""",
    )
    assert names(Plan(items.values()).together(items["test_one[a]"])) == ["test_one[a]"]


def test_a_test_whose_skipping_is_not_yet_known_is_sampled(pytester: pytest.Pytester) -> None:
    items = items_of(
        pytester,
        """
@pytest.mark.skipif("False", reason="")
@pytest.mark.skipif(False, reason="")
@pytest.mark.xfail("True", reason="", run=False)
@pytest.mark.xfail(False, reason="", run=False)
@pytest.mark.xfail
@pytest.mark.latency("a")
def test_one(): pass
""",
    )
    assert Plan(items.values()).is_waiting(items["test_one"])


def test_a_test_that_runs_although_it_is_known_to_fail_is_sampled(pytester: pytest.Pytester) -> None:
    pytester.plugins = [SimpleNamespace(pytest_configure=lambda config: setattr(config.option, "runxfail", True))]
    items = items_of(pytester, '@pytest.mark.xfail(run=False)\n@pytest.mark.latency("a")\ndef test_one(): pass\n')
    assert Plan(items.values()).is_waiting(items["test_one"])


def test_a_wrong_declaration_is_told_when_its_test_runs(pytester: pytest.Pytester) -> None:
    items = items_of(pytester, "@pytest.mark.latency(threads=0)\ndef test_one(): pass\n")
    plan = Plan(items.values())
    with pytest.raises(PibenchError, match="threads=0"):
        plan.of(items["test_one"])


def test_more_threads_than_named_cores_are_told_and_touch_no_other_test(pytester: pytest.Pytester) -> None:
    items = items_of(
        pytester,
        '@pytest.mark.parametrize("threads", [1, 1024])\n@pytest.mark.latency("a", cpus="auto")\n'
        "def test_one(threads): pass\n",
    )
    plan = Plan(items.values())
    with pytest.raises(PibenchError, match="1024 threads need a core each"):
        plan.of(items["test_one[1024]"])
    assert names(plan.together(items["test_one[1]"])) == ["test_one[1]"]


def test_a_call_may_change_a_part_of_what_is_declared(pytester: pytest.Pytester) -> None:
    items = items_of(pytester, '@pytest.mark.latency("a", threads=2)\ndef test_one(): pass\ndef test_bare(): pass\n')
    plan = Plan(items.values())
    one = items["test_one"]
    assert list(plan.apart(one, "b", None).values()) == [("b", Condition(threads=2))]
    assert list(plan.apart(one, None, Condition(threads=3)).values()) == [("a", Condition(threads=3))]
    with pytest.raises(PibenchError, match="what is to be measured"):
        plan.apart(items["test_bare"], None, None)
