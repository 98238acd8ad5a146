"""The pytest plugin: a ``latency`` fixture that measures natively and hands pytest-benchmark the samples.

Loaded by every pytest of an environment that has pibench: nothing heavy is imported before a test asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from pibench.testing.call import ComparedRun, Latency
    from pibench.testing.progress import Progress
    from pibench.testing.session import LatencySession
    from pibench.testing.summary import Note

MARKER = """\
latency(subject, runtime=, threads=, kernels=, cpus=, limit_ms=, fail_above=): what the fixture latency measures, \
and above which limit or by how much slower than in the compared run (fail_above="3%") the test fails."""
NEEDED = "latency tests need pytest-benchmark: install pibench[pytest]"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("pibench", "latency of networks")
    group.addoption("--pibench-quick", action="store_true", help="Measure with pibench's quick protocol.")
    group.addoption("--pibench-report", metavar="FILE", type=Path, help="Write a pibench report of all figures.")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)
    if not config.pluginmanager.hasplugin("benchmark"):
        if config.getoption("pibench_report"):
            raise pytest.UsageError(f"--pibench-report: {NEEDED}")
        config.pluginmanager.register(WithoutBenchmark(), "pibench-without-benchmark")
        return
    if config.getoption("pibench_report"):
        _check_report(config)
    # Before pytest-benchmark, which comes last, loads what it compares with.
    config.pluginmanager.register(LatencyTests(config), "pibench-latency-tests")


def pytest_make_parametrize_id(val: object) -> str | None:
    """A graph or subject by its name."""
    is_ours = type(val).__module__ in ("pibench.graph.graph", "pibench.subject")
    return getattr(val, "name", None) if is_ours else None


class WithoutBenchmark:
    """Where pytest-benchmark is not, or not wanted."""

    @pytest.fixture
    def latency(self) -> Callable[..., NoReturn]:
        """Needs pytest-benchmark."""
        return self._refuse

    @staticmethod
    def _refuse(*_: object, **__: object) -> NoReturn:
        __tracebackhide__ = True
        pytest.fail(NEEDED, pytrace=False)


class LatencyTests:
    """What is beside pytest-benchmark, for all latency tests of a session."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._items: Sequence[pytest.Item] = ()
        self._compared: list[ComparedRun] = []
        self._notes: list[Note] = []
        self._session: LatencySession | None = None

    @pytest.fixture
    def pibench_latency(self) -> None:
        """Tells our latency tests from those that have a fixture ``latency`` of their own."""

    @pytest.fixture
    def latency(self, request: pytest.FixtureRequest, benchmark: BenchmarkFixture, pibench_latency: None) -> Latency:
        """Measures the latency of a network natively: latency(subject, condition) returns a pibench.report.Result."""
        from pibench.testing.call import Call

        if self._session is None:
            self._session = self._begun(smoke=benchmark.disabled)
        # pytest-benchmark disables itself beside others; who insists is told.
        insisted = benchmark.enabled or self._config.getoption("benchmark_enable")
        shares = insisted and _is_worker(self._config)
        return Call(request.node, benchmark, self._session, self._compared, self._notes.append, shares=shares)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in filter(_is_latency_test, items):
            from pibench.testing.rounds import native_clock

            theirs = item.get_closest_marker("benchmark") or pytest.mark.benchmark.mark
            ours = pytest.mark.benchmark(*theirs.args, **{**theirs.kwargs, "timer": native_clock})
            item.add_marker(ours, append=False)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._items = [item for item in session.items if _is_latency_test(item)]

    def pytest_benchmark_update_machine_info(self, machine_info: dict[str, Any]) -> None:
        # Of a project without latency tests the machine is described as ever.
        if self._notes:
            machine_info["pibench"] = self._machine_facts

    @pytest.hookimpl(tryfirst=True)
    def pytest_benchmark_compare_machine_info(
        self, machine_info: dict[str, Any], compared_benchmark: dict[str, Any]
    ) -> None:
        """Before any test has run: what is compared decides whether there is something of ours to compare."""
        machine_info.pop("pibench", None)
        if "pibench" in compared_benchmark["machine_info"]:
            from pibench.testing.call import ComparedRun

            machine_info["pibench"] = self._machine_facts
            self._compared.append(ComparedRun(compared_benchmark))

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if self._session is None:
            return
        ended = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        self._session.finish(complete=ended and not session.shouldfail and not session.shouldstop)
        report = self._session.report
        if report and report.problem and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
        """Below the tables, also where pytest-benchmark ends there, as --benchmark-compare-fail makes it."""
        try:
            yield
        finally:
            self._tell(terminalreporter)

    def _tell(self, terminalreporter: pytest.TerminalReporter) -> None:
        if lines := [*self._sentences(), *self._about_report()]:
            terminalreporter.section("pibench", sep="-", yellow=True)
            for line in lines:
                terminalreporter.write_line(line)

    def _sentences(self) -> list[str]:
        if not self._notes:
            return []
        from pibench.testing.summary import summary_lines

        return summary_lines(self._notes, quick=self._config.getoption("pibench_quick"))

    def _about_report(self) -> list[str]:
        """Of who asked for one, whether or not something was measured."""
        path = self._config.getoption("pibench_report")
        if not path:
            return []
        from pibench.measure.recorder import nothing_in

        report = self._session.report if self._session else None
        if report is None:
            return [nothing_in(path)]
        return [str(report.problem) if report.problem else report.withheld or f"report: {path}"]

    def _begun(self, *, smoke: bool) -> LatencySession:
        from pibench.measure.protocols import PROTOCOLS
        from pibench.subject import printable
        from pibench.testing.session import SMOKE, LatencySession

        protocol = PROTOCOLS["quick" if self._config.getoption("pibench_quick") else "standard"]
        path = self._config.getoption("pibench_report")
        if smoke:
            return LatencySession(self._items, SMOKE, self._progress())
        command = ("pytest", *map(printable, map(str, self._config.invocation_params.args)))
        return LatencySession(self._items, protocol, self._progress(), (path, command) if path else None)

    def _progress(self) -> Progress:
        from pibench.testing.progress import Progress

        plugins = self._config.pluginmanager
        return Progress(plugins.get_plugin("terminalreporter"), plugins.get_plugin("capturemanager"))

    @cached_property
    def _machine_facts(self) -> dict[str, Any]:
        from pibench.measure.facts import machine_facts

        return machine_facts()


def _is_latency_test(item: pytest.Item) -> bool:
    return "pibench_latency" in getattr(item, "fixturenames", ())


def _is_worker(config: pytest.Config) -> bool:
    """Of pytest-xdist."""
    return hasattr(config, "workerinput")


def _check_report(config: pytest.Config) -> None:
    from pibench.errors import ReportError
    from pibench.report import check_writable

    try:
        check_writable(config.getoption("pibench_report"))
    except ReportError as error:
        raise pytest.UsageError(f"--pibench-report: {error}") from None
