"""Which result of one report is held against which of the other. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Literal, NamedTuple, get_args

from pibench.errors import ComparisonError, did_you_mean
from pibench.report import Report, Result
from pibench.report.model import cpus_in_words

Field = Literal["subject", "runtime", "threads", "kernels", "cpus"]
FIELDS: tuple[Field, ...] = get_args(Field)
Choice = Mapping[Field, str]
_Key = tuple[object, ...]


class Matched(NamedTuple):
    """Pairs of results, BASE's first, and what only one side has."""

    pairs: list[tuple[Result, Result]]
    base_only: list[str]
    new_only: list[str]


def matched(base: Report, new: Report, base_choice: Choice, new_choice: Choice) -> Matched:
    """Results alike in every field, but for those that both choices name.

    Files that nothing else matches are matched by their names without the folders, where only one has that name.
    Raises ComparisonError without any match.
    """
    of_base = _chosen(base, base_choice, "BASE")
    of_new = _chosen(new, new_choice, "NEW")
    compared = [field for field in FIELDS if not (field in base_choice and field in new_choice)]
    pairs = _alike(_numbered(of_base, compared), _numbered(of_new, compared))
    rests = [_without(side, pairs) for side in (of_base, of_new)]
    pairs += _alike(*(_by_file_name(rest, compared) for rest in rests))
    if not pairs:
        raise ComparisonError(_nothing_in_common(of_base, of_new))
    left, right = (_names(_without(rest, pairs)) for rest in rests)
    return Matched(pairs, left, right)


def _alike(base: Mapping[_Key, Result], new: Mapping[_Key, Result]) -> list[tuple[Result, Result]]:
    return [(result, new[key]) for key, result in base.items() if key in new]


def _without(results: Sequence[Result], pairs: Sequence[tuple[Result, Result]]) -> list[Result]:
    """Those that are in no pair."""
    taken = {id(one) for pair in pairs for one in pair}
    return [result for result in results if id(result) not in taken]


def _names(results: Iterable[Result]) -> list[str]:
    return [result.name for result in results]


def value_of(result: Result, field: Field) -> str:
    """A field as it is written on the command line."""
    condition = result.condition
    values: dict[Field, str] = {
        "subject": result.subject.name,
        "runtime": condition.runtime,
        "threads": str(condition.threads),
        "kernels": condition.kernels,
        "cpus": cpus_in_words(condition.cpus),
    }
    return values[field]


def _chosen(report: Report, choice: Choice, side: str) -> list[Result]:
    results = list(report.networks)
    if not results:
        raise ComparisonError(f"{side} has no results: measure something first")
    for field, wanted in choice.items():
        if field not in FIELDS:
            raise ComparisonError(f"{field!r} is nothing to choose results by.{did_you_mean(field, FIELDS)}")
        known = {value_of(result, field) for result in results}
        if wanted not in known:
            raise ComparisonError(f"{side} has no result with {field}={wanted}: it has {_some(sorted(known), 10)}")
        results = [result for result in results if value_of(result, field) == wanted]
    return results


def _numbered(results: Sequence[Result], fields: Sequence[Field]) -> dict[_Key, Result]:
    """By the fields' values, and by which it is of those alike."""
    seen: Counter[_Key] = Counter()
    keyed: dict[_Key, Result] = {}
    for result in results:
        key = tuple(value_of(result, field) for field in fields)
        numbered: _Key = (*key, seen[key])
        keyed[numbered] = result
        seen[key] += 1
    return keyed


def _by_file_name(results: Sequence[Result], fields: Sequence[Field]) -> dict[_Key, Result]:
    files = [result for result in results if result.subject.kind == "file"]
    keys = [
        tuple(PurePath(result.subject.name).name if field == "subject" else value_of(result, field) for field in fields)
        for result in files
    ]
    counts = Counter(keys)
    return {key: result for key, result in zip(keys, files, strict=True) if counts[key] == 1}


def _nothing_in_common(base: Sequence[Result], new: Sequence[Result]) -> str:
    names = {result.subject.name for result in base} & {result.subject.name for result in new}
    if not names:
        return (
            f"no subject is in both reports: BASE has {_some(result.subject.name for result in base)};"
            f" NEW has {_some(result.subject.name for result in new)};"
            " choose one of each with --base subject=NAME --new subject=NAME"
        )
    for field in FIELDS[1:]:
        sides = [{value_of(r, field) for r in side if r.subject.name in names} for side in (base, new)]
        if not sides[0] & sides[1]:
            first, second = (min(values) for values in sides)
            return (
                f"the common subjects were measured with {field} {_some(sides[0])} in BASE and {_some(sides[1])}"
                f" in NEW: to compare across that, add --base {field}={first} --new {field}={second}"
            )
    return (
        f"no subject is in both reports under one condition: BASE has {_some(_names(base))};"
        f" NEW has {_some(_names(new))}; choose with --base and --new"
    )


def _some(names: Iterable[str], most: int = 3) -> str:
    distinct = list(dict.fromkeys(names))
    rest = f" and {len(distinct) - most} more" if len(distinct) > most else ""
    return ", ".join(distinct[:most]) + rest
