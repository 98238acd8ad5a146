from __future__ import annotations

import pytest
from saved_reports import net, saved, with_model

from pibench.compare.matching import matched
from pibench.errors import ComparisonError
from pibench.report import Condition

TWO_THREADS = Condition(threads=2)
TFLITE = Condition(runtime="tflite")


def names(*results) -> list[tuple[str, str]]:
    return [(base.subject.name, new.subject.name) for base, new in results]


def test_subjects_match_by_name_and_condition_whatever_their_order() -> None:
    base = saved(net(1, "a"), net(2, "b"), net(3, "a", TWO_THREADS))
    new = saved(net(30, "a", TWO_THREADS), net(20, "b"), net(10, "a"))
    found = matched(base, new, {}, {})
    assert names(*found.pairs) == [("a", "a"), ("b", "b"), ("a", "a")]
    assert [one.condition for _, one in found.pairs] == [Condition(), Condition(), TWO_THREADS]


def test_what_only_one_side_has_is_told() -> None:
    found = matched(
        saved(net(1, "a"), net(1, "gone")), saved(net(1, "a"), net(1, "a", Condition(threads=2, cpus=(2, 3)))), {}, {}
    )
    assert found.base_only == ["gone (litert, 1 thread)"]
    assert found.new_only == ["a (litert, 2 threads, cores 2,3)"]


def test_a_subject_given_twice_matches_in_order() -> None:
    base, new = saved(net(1, "a"), net(2, "a")), saved(net(10, "a"), net(20, "a"), net(30, "a"))
    found = matched(base, new, {}, {})
    assert [(a.summary.latency_ns, b.summary.latency_ns) for a, b in found.pairs] == [
        pytest.approx(pair) for pair in ((1, 10), (2, 20))
    ]
    assert found.new_only == ["a (litert, 1 thread)"]


def test_files_match_by_their_names_without_the_folder() -> None:
    base = saved(*(with_model(net(1, name), "ab") for name in ("old/a.tflite", "b.tflite")))
    new = saved(*(with_model(net(1, name), "cd") for name in ("b.tflite", "new/a.tflite")))
    assert names(*matched(base, new, {}, {}).pairs) == [("b.tflite", "b.tflite"), ("old/a.tflite", "new/a.tflite")]


def test_files_of_one_name_in_two_folders_are_not_guessed_at() -> None:
    base = saved(*(with_model(net(1, name), "ab") for name in ("x/a.tflite", "y/a.tflite", "b.tflite")))
    new = saved(*(with_model(net(1, name), "ab") for name in ("z/a.tflite", "b.tflite")))
    found = matched(base, new, {}, {})
    assert names(*found.pairs) == [("b.tflite", "b.tflite")]
    assert len(found.base_only) == 2


def test_a_field_that_both_sides_name_may_differ() -> None:
    conditions = [Condition(runtime=runtime, threads=threads) for runtime in ("litert", "tflite") for threads in (1, 2)]
    both = saved(*(net(k + 1, "a", condition) for k, condition in enumerate(conditions)))
    found = matched(both, both, {"runtime": "litert"}, {"runtime": "tflite"})
    assert [(a.condition, b.condition) for a, b in found.pairs] == [*zip(conditions[:2], conditions[2:], strict=True)]


def test_a_field_that_one_side_names_is_a_choice_only() -> None:
    report = saved(net(1, "a"), net(1, "a", TWO_THREADS))
    found = matched(report, saved(net(1, "a"), net(1, "a", TWO_THREADS)), {"threads": "2"}, {})
    assert [(a.condition, b.condition) for a, b in found.pairs] == [(TWO_THREADS, TWO_THREADS)]
    assert found.new_only == ["a (litert, 1 thread)"]


def test_two_subjects_are_compared_where_both_are_named() -> None:
    report = saved(net(1, "a"), net(2, "b"))
    assert names(*matched(report, report, {"subject": "a"}, {"subject": "b"}).pairs) == [("a", "b")]


@pytest.mark.parametrize(
    ("base", "new", "sentence"),
    [
        (saved(net(1, "a")), saved(net(1, "b")), "no subject is in both reports: BASE has a; NEW has b; choose one"),
        (saved(*(net(1, name) for name in "abcde")), saved(net(1, "x")), "BASE has a, b, c and 2 more"),
        (
            saved(net(1, "a")),
            saved(net(1, "a", TFLITE)),
            "with runtime litert in BASE and tflite in NEW: to compare across that, add --base runtime=litert --new"
            " runtime=tflite",
        ),
        (saved(net(1, "a")), saved(net(1, "a", Condition(cpus=(3,)))), "add --base cpus=none --new cpus=3"),
        (
            saved(net(1, "a"), net(1, "b", TWO_THREADS)),
            saved(net(1, "a", TWO_THREADS), net(1, "b")),
            "no subject is in both reports under one condition",
        ),
        (saved(), saved(net(1, "a")), "BASE has no results"),
    ],
)
def test_nothing_in_common_is_one_sentence_that_says_what_to_do(base, new, sentence: str) -> None:
    with pytest.raises(ComparisonError, match=r"^[^\n]+$") as raised:
        matched(base, new, {}, {})
    assert sentence in str(raised.value)


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        ({"runtime": "tflite"}, "NEW has no result with runtime=tflite: it has litert"),
        ({"subject": "ab"}, "it has abc"),
        ({"thread": "1"}, "Did you mean 'threads'?"),
    ],
)
def test_a_choice_that_fits_nothing_is_told(choice, sentence: str) -> None:
    report = saved(net(1, "abc"))
    with pytest.raises(ComparisonError) as raised:
        matched(report, report, {}, choice)
    assert sentence in str(raised.value)
