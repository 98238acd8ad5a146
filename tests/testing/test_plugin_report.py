"""The report that a session of the plugin keeps with --pibench-report."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import FakeWorker
from latency_world import World
from plugin_projects import ONE, PAIR, A, B, marked

from pibench.measure.protocols import PROTOCOLS
from pibench.report import load

pytest_plugins = ["pytester"]


def test_all_campaigns_of_a_session_make_one_report(pytester: pytest.Pytester, world: World) -> None:
    pytester.makepyfile(PAIR + ONE)
    result = pytester.runpytest("--pibench-quick", "--pibench-report=r.json")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["report: r.json"])
    report = load("r.json")
    assert report.complete
    assert report.command[:2] == ("pytest", "--pibench-quick")
    assert report.protocol == PROTOCOLS["quick"]
    assert [result.subject.name for result in report.results] == [A, B, A]
    assert [session.process for session in report.sessions] == [0, 1, 2, 3, 4, 5]
    for session in report.sessions:
        sampled = {index for turns in session.rounds for index in turns}
        taken = {
            index
            for index, one in enumerate(report.results)
            if session.process in {measurement.process for measurement in one.measurements}
        }
        assert sampled == taken == ({0, 1} if session.process < 3 else {2})


def test_an_older_report_stays_where_nothing_was_measured_and_that_is_told(
    pytester: pytest.Pytester, world: World
) -> None:
    pytester.makepyfile(ONE)
    pytester.runpytest("--pibench-quick", "--pibench-report=r.json")
    before = Path("r.json").read_bytes()
    pytester.makepyfile(marked('"none.tflite"'))
    result = pytester.runpytest("--pibench-quick", "--pibench-report=r.json")
    result.stdout.fnmatch_lines(["no report in r.json: nothing was measured; it holds an older run"])
    result.stdout.no_fnmatch_line("report: *")
    assert Path("r.json").read_bytes() == before


def test_who_asks_for_a_report_without_latency_tests_is_told(pytester: pytest.Pytester, world: World) -> None:
    pytester.makepyfile("def test_other(): pass")
    result = pytester.runpytest("--pibench-report=r.json")
    result.stdout.fnmatch_lines(["*- pibench -*", "no report in r.json: nothing was measured"])
    assert not Path("r.json").exists()


def test_who_asks_for_a_report_beside_others_is_told(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(ONE)
    result = pytester.runpytest_subprocess("-n", "1", "--pibench-report=r.json")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["no report in r.json: nothing was measured"])


def test_a_report_without_pytest_benchmark_is_refused(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(ONE)
    result = pytester.runpytest("-p", "no:benchmark", "--pibench-report=r.json")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--pibench-report: latency tests need pytest-benchmark*"])


@pytest.mark.parametrize("options", [(), ("-s",)])
def test_an_interruption_keeps_what_was_measured(
    pytester: pytest.Pytester, world: World, options: tuple[str, ...]
) -> None:
    class Interrupted(FakeWorker):
        def ask(self, request, expected):  # type: ignore[no-untyped-def]
            if len(world.workers) == 5:
                raise KeyboardInterrupt
            return super().ask(request, expected)

    world.make = Interrupted
    pytester.makepyfile(PAIR + ONE)
    result = pytester.runpytest("--pibench-quick", "--pibench-report=r.json", *options, no_reraise_ctrlc=True)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.no_fnmatch_line("*not used at all*")
    report = load("r.json")
    assert not report.complete
    assert [len(result.measurements) for result in report.results] == [3, 3, 1]


def test_a_session_that_stops_at_a_failure_leaves_an_incomplete_report(pytester: pytest.Pytester, world: World) -> None:
    pytester.makepyfile(marked(f'"{A}", limit_ms=0.5') + PAIR)
    pytester.runpytest("--pibench-quick", "--pibench-report=r.json", "-x").assert_outcomes(failed=1)
    assert not load("r.json").complete


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/proc/nowhere/r.json", "*cannot write the report to /proc/nowhere/r.json: *"),
        (".", "*cannot write the report to .: it is a directory*"),
        ("notes.txt", "*notes.txt is there already and is no pibench report*"),
    ],
)
def test_a_report_that_could_not_be_written_is_refused_before_anything_is_measured(
    pytester: pytest.Pytester, world: World, path: str, sentence: str
) -> None:
    Path("notes.txt").write_text("dear diary")
    pytester.makepyfile(ONE)
    result = pytester.runpytest(f"--pibench-report={path}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([sentence])
    assert not world.workers


def test_a_report_that_is_lost_on_the_way_fails_the_session(
    pytester: pytest.Pytester, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pibench.errors import ReportError
    from pibench.measure import recorder

    def full(report: object, path: Path) -> None:
        raise ReportError("the disk is full")

    monkeypatch.setattr(recorder, "save", full)
    pytester.makepyfile(ONE)
    result = pytester.runpytest("--pibench-quick", "--pibench-report=r.json")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["pibench: the disk is full; going on, and trying again", "the disk is full"])
