"""The ``latency`` fixture's value: measuring for one test, and judging what came of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn
from typing import Protocol as Interface

import pytest

from pibench.errors import LatencyTestError, PibenchError
from pibench.measure.facts import figure_facts
from pibench.measure.summary import kept_ns
from pibench.report import Condition, Failure, Result
from pibench.testing.declared import subject_from
from pibench.testing.rounds import hand_over, hand_over_failure
from pibench.testing.summary import Note
from pibench.testing.thresholds import Judged, against_limit, against_run

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from pibench.graph import Graph
    from pibench.subject import Subject
    from pibench.testing.session import LatencySession, Sampled


class ComparedRun:
    """A run that pytest-benchmark compares with: ``extra_info`` by test."""

    def __init__(self, saved: dict[str, Any]) -> None:
        self.when = str(saved.get("datetime", "an unknown time"))[:16]
        self._facts = {one["fullname"]: one.get("extra_info") or {} for one in saved["benchmarks"]}

    def of(self, test: str) -> dict[str, Any]:
        return self._facts.get(test, {})


class Latency(Interface):
    """What the fixture ``latency`` gives a test."""

    def __call__(
        self, subject: str | os.PathLike[str] | Graph | Subject | None = None, condition: Condition | None = None
    ) -> Result:
        """Measure a subject under a condition, or what the test declares; with benchmarks disabled run it once."""
        ...


class Call:
    """Measures once. Fails the test with one sentence where there is no figure, or it is beyond a threshold.

    ``shares``: other processes of the same pytest run measure or test at the same time, which cannot be.
    """

    def __init__(
        self,
        item: pytest.Item,
        benchmark: BenchmarkFixture,
        session: LatencySession,
        compared: Sequence[ComparedRun],
        remember: Callable[[Note], None],
        *,
        shares: bool = False,
    ) -> None:
        self._item = item
        self._benchmark = benchmark
        self._session = session
        self._compared = compared
        self._remember = remember
        self._shares = shares
        self._used = False

    def __call__(
        self, subject: str | os.PathLike[str] | Graph | Subject | None = None, condition: Condition | None = None
    ) -> Result:
        __tracebackhide__ = True
        if self._used:
            pytest.fail("latency() measures once in a test: parametrise the test for more", pytrace=False)
        self._used = True
        found = self._figure(subject, condition)
        # Outside of the except clause, so that one sentence is told and no exception behind it.
        sampled = self._fail(found) if isinstance(found, PibenchError) else found
        if not self._session.is_smoke:
            self._judge(sampled)
        return sampled.result

    def _figure(self, subject: object, condition: Condition | None) -> Sampled | PibenchError:
        """Measured and handed over, or why not."""
        try:
            sampled = self._sampled(subject, condition)
            self._hand_over(sampled)
            return sampled
        except PibenchError as error:
            return error
        except KeyboardInterrupt:
            hand_over_failure(self._benchmark, PibenchError("interrupted"))
            raise

    def _sampled(self, subject: object, condition: Condition | None) -> Sampled:
        if self._shares:
            raise LatencyTestError(
                "latency tests cannot share the machine with pytest-xdist's workers: measure without -n"
            )
        if condition is not None and not isinstance(condition, Condition):
            raise LatencyTestError(f"{condition!r} is no condition: give a pibench.report.Condition")
        given = None if subject is None else subject_from(subject)
        return self._session.sample(self._item, given, condition)

    def _hand_over(self, sampled: Sampled) -> None:
        result = sampled.result
        if result.summary is None:
            failure = result.failure or Failure(kind="error", message=f"{result.subject.name} was not measured")
            raise LatencyTestError(failure.message, failure.detail)
        self._benchmark.extra_info.update(figure_facts(result, sampled.temperature_c))
        kept = [latency_ns / 1e9 for one in result.measurements for latency_ns in kept_ns(one).tolist()]
        hand_over(self._benchmark, kept)

    def _judge(self, sampled: Sampled) -> None:
        __tracebackhide__ = True
        judged = list(self._judgements(sampled.result))
        cautions = [sentence for one in judged for sentence in one.cautions]
        apart = [f"sampled apart from its group: {sampled.apart}"] if sampled.apart else []
        self._remember(Note(self._item.nodeid, sampled.result, [*cautions, *apart]))
        failures = [sentence for one in judged for sentence in one.failures]
        if failures:
            pytest.fail("\n".join(f"{sentence}{_doubtful(sampled.result)}" for sentence in failures), pytrace=False)

    def _judgements(self, result: Result) -> list[Judged]:
        declared = self._session.declared(self._item)
        judged = []
        if declared.limit_ms is not None:
            judged.append(against_limit(result, declared.limit_ms))
        if declared.fail_above is not None:
            test = self._benchmark.fullname
            judged += [against_run(result, run.of(test), run.when, declared.fail_above) for run in self._compared]
        return judged

    def _fail(self, error: PibenchError) -> NoReturn:
        __tracebackhide__ = True
        hand_over_failure(self._benchmark, error)
        if error.detail:
            self._item.add_report_section("call", "runtime", error.detail)
        pytest.fail(str(error), pytrace=False)


def _doubtful(result: Result) -> str:
    return " (an untrusted figure: see below)" if result.verdict == "untrusted" else ""
