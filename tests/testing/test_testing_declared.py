from __future__ import annotations

import os
from pathlib import Path

import pytest
from small_net import small_graph

from pibench.errors import PibenchError
from pibench.report import Condition
from pibench.testing import declared as module
from pibench.testing.declared import Asked, conditions_for, declared, subject_from

pytest_plugins = ["pytester"]

ALLOWED = sorted(os.sched_getaffinity(0))


def the_test(pytester: pytest.Pytester, decorators: str, arguments: str = "", before: str = "") -> pytest.Item:
    return pytester.getitem(f"import pytest\n{before}\n{decorators}\ndef test_it({arguments}):\n    pass\n", "test_it")


def one_test(pytester: pytest.Pytester, decorators: str, arguments: str, before: str = "") -> pytest.Item:
    """Of the parametrisations the first."""
    return pytester.getitems(f"import pytest\n{before}\n{decorators}\ndef test_it({arguments}):\n    pass\n")[0]


def test_a_marker_names_subject_condition_and_thresholds(pytester: pytest.Pytester) -> None:
    marker = "@pytest.mark.latency('net', runtime='tflite', threads=4, kernels='builtin', limit_ms=33, fail_above='3%')"
    found = declared(the_test(pytester, marker))
    assert found.subject == "net"
    assert found.asked == Asked("tflite", 4, "builtin", None)
    assert (found.limit_ms, found.fail_above) == (33.0, 0.03)


def test_without_a_marker_the_condition_is_the_default_one(pytester: pytest.Pytester) -> None:
    found = declared(the_test(pytester, ""))
    assert (found.subject, found.limit_ms, found.fail_above) == (None, None, None)
    assert found.asked[1:] == (1, "xnnpack", None)


def test_the_tests_marker_comes_before_its_modules(pytester: pytest.Pytester) -> None:
    module_marker = "pytestmark = pytest.mark.latency('far', threads=2, kernels='builtin')"
    found = declared(the_test(pytester, "@pytest.mark.latency('near', threads=3)", before=module_marker))
    assert (found.subject, found.asked.threads, found.asked.kernels) == ("near", 3, "builtin")


def test_parameters_come_before_every_marker(pytester: pytest.Pytester) -> None:
    decorators = "@pytest.mark.latency('net', threads=1)\n@pytest.mark.parametrize('threads, subject', [(2, 'other')])"
    found = declared(one_test(pytester, decorators, "threads, subject"))
    assert (found.subject, found.asked.threads) == ("other", 2)


@pytest.mark.parametrize("indirect", ["True", "['threads']"])
def test_a_parameter_that_a_fixture_turns_into_something_else_declares_nothing(
    pytester: pytest.Pytester, indirect: str
) -> None:
    fixture = "@pytest.fixture\ndef threads(request): return 2"
    decorators = f"@pytest.mark.parametrize('threads', ['two'], indirect={indirect})"
    assert declared(one_test(pytester, decorators, "threads", before=fixture)).asked.threads == 1


@pytest.mark.parametrize(
    ("marker", "sentence"),
    [
        ("thread=1", "the marker latency has no argument 'thread'. Did you mean 'threads'?"),
        ("'a', 'b'", "the marker latency takes one subject"),
        ("'a', subject='b'", "the marker latency takes one subject"),
        ("7", "a int is no subject"),
        ("runtime='litrt'", "runtime='litrt' is unknown. Did you mean 'litert'?"),
        ("kernels=None", "kernels=None is unknown."),
        ("threads=0", "threads=0 is not a number from 1 to 1024"),
        ("threads=True", "threads=True is not a number"),
        ("threads='2'", "threads='2' is not a number"),
        ("cpus='x'", "'x' is not a list of cores"),
        ("cpus=''", "'' is not a list of cores"),
        ("cpus=[]", "cpus=[] is no list of cores"),
        ("cpus=1.5", "cpus=1.5 is no list of cores"),
        ("cpus=(999,)", "cpus=(999,): of the cores only"),
        ("limit_ms=0", "limit_ms=0 is not a number of milliseconds above 0"),
        ("limit_ms=float('nan')", "limit_ms=nan is not a number"),
        ("limit_ms='3'", "limit_ms='3' is not a number"),
        ("fail_above=3", "fail_above=3 is not a percentage such as '3%'"),
        ("fail_above='3'", "fail_above='3' is not a percentage"),
        ("fail_above='-3%'", "fail_above='-3%' is not a percentage"),
    ],
)
def test_arguments_that_cannot_be_are_told_in_one_sentence(
    pytester: pytest.Pytester, marker: str, sentence: str
) -> None:
    item = the_test(pytester, f"@pytest.mark.latency({marker})")
    with pytest.raises(PibenchError) as told:
        declared(item)
    assert sentence in str(told.value)


def test_cores_are_named_as_the_kernel_does_or_as_numbers(pytester: pytest.Pytester) -> None:
    first = ALLOWED[0]
    for given in (f"'{first}'", f"({first},)", str(first)):
        assert declared(the_test(pytester, f"@pytest.mark.latency(cpus={given})")).asked.cpus == (first,)


def test_subjects_are_specs_paths_and_graphs() -> None:
    assert subject_from(Path("a/b.tflite")) == "a/b.tflite"
    assert subject_from("mobilenet_v1") == "mobilenet_v1"
    assert subject_from(small_graph()) == small_graph()


def test_tests_that_share_processes_take_isolated_cores_only_where_there_are_enough_for_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[set[int]] = []

    def cores_of(threads: set[int], cpus: object) -> dict[int, tuple[int, ...]]:
        asked.append(set(threads))
        return dict.fromkeys(threads, () if cpus is None else (0,))

    monkeypatch.setattr(module, "cores_of", cores_of)
    found = conditions_for(
        [Asked("litert", t, "xnnpack", None) for t in (1, 4)] + [Asked("tflite", 1, "builtin", (0,))]
    )
    assert asked == [{1, 4}, {1}]
    assert found == [
        Condition(threads=1),
        Condition(threads=4),
        Condition(runtime="tflite", kernels="builtin", cpus=(0,)),
    ]
