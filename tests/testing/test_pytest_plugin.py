"""The plugin as its users meet it: whole pytest sessions, on a fake machine where measuring is not the point."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from fakes import FakeWorker
from latency_world import World
from plugin_projects import ONE, PAIR, A, facts_in, loads, marked, printed

from pibench.measure.protocols import PROTOCOLS
from pibench.testing.session import SMOKE
from pibench.worker.client import WorkerFailedError
from pibench.worker.protocol import Load

pytest_plugins = ["pytester"]


# What is sampled together.


def test_a_group_is_sampled_in_one_campaign_when_its_first_test_runs(pytester: pytest.Pytester, world: World) -> None:
    pytester.makepyfile(PAIR)
    pytester.runpytest("--pibench-quick").assert_outcomes(passed=2)
    assert [sorted(loads(worker)) for worker in world.workers] == [["0.tflite", "1.tflite"]] * 3


def test_tests_that_measure_the_same_share_a_result(pytester: pytest.Pytester, world: World) -> None:
    pytester.makepyfile(f"""
        import pytest
        pytestmark = [pytest.mark.benchmark(group="g"), pytest.mark.latency("{A}")]
        def test_one(latency): latency()
        def test_two(latency): latency()
    """)
    pytester.runpytest("--pibench-quick").assert_outcomes(passed=2)
    assert [loads(worker) for worker in world.workers] == [["0.tflite"]] * 3


def test_deselected_tests_are_not_sampled(pytester: pytest.Pytester, world: World) -> None:
    file = pytester.makepyfile(PAIR)
    result = pytester.runpytest("--pibench-quick", f"--deselect={file.name}::test_pair[{A}]")
    result.assert_outcomes(passed=1, deselected=1)
    assert loads(world.workers[0]) == ["0.tflite"]


def test_what_was_not_declared_is_measured_apart_and_that_is_told(pytester: pytest.Pytester, world: World) -> None:
    pytester.makepyfile(f"""
        import pytest
        from pibench.report import Condition

        @pytest.mark.parametrize("threads", [1, 2])
        @pytest.mark.latency("{A}")
        def test_it(latency, threads):
            result = latency(condition=Condition(threads=3) if threads == 2 else None)
            assert result.condition.threads == (3 if threads == 2 else 1)
    """)
    result = pytester.runpytest("--pibench-quick")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        ["*test_it?2?: sampled apart from its group: it measures something else than it declares"]
    )
    assert printed(result).count("sampled apart") == 1


def test_what_a_test_does_not_declare_is_not_called_something_else(pytester: pytest.Pytester, world: World) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.parametrize("width", [4, 6])
        def test_it(latency, width): latency(f"mobilenet_v1:depth=3,width={width}")
    """)
    result = pytester.runpytest("--pibench-quick")
    result.assert_outcomes(passed=2)
    assert printed(result).count("sampled apart from its group: it does not declare what it measures") == 2


def test_a_test_that_runs_once_more_is_sampled_apart(pytester: pytest.Pytester, world: World) -> None:
    """As pytest-rerunfailures and the like do."""
    pytester.makeconftest("""
        from _pytest.runner import runtestprotocol

        def pytest_runtest_protocol(item, nextitem):
            runtestprotocol(item, log=False, nextitem=nextitem)
            runtestprotocol(item, nextitem=nextitem)
            return True
    """)
    pytester.makepyfile(PAIR)
    result = pytester.runpytest("--pibench-quick")
    result.assert_outcomes(passed=2)
    assert printed(result).count("sampled apart from its group: it runs once more") == 2


def test_the_protocol_is_the_standard_one_or_the_quick_one(pytester: pytest.Pytester, world: World) -> None:
    pytester.makepyfile(ONE)
    pytester.runpytest("--pibench-quick")
    pytester.runpytest()
    assert world.protocols == [PROTOCOLS["quick"], PROTOCOLS["standard"]]


# What pytest-benchmark gets.


def test_pytest_benchmark_has_the_samples_for_rounds_and_the_facts_beside(
    pytester: pytest.Pytester, world: World
) -> None:
    pytester.makepyfile(PAIR)
    pytester.runpytest("--pibench-quick", "--benchmark-json=out.json").assert_outcomes(passed=2)
    document = json.loads(Path("out.json").read_text())
    one = facts_in(Path("out.json"))[f"test_pair[{A}]"]
    info = one["extra_info"]
    assert one["stats"]["rounds"] == info["samples"] > 10
    assert one["stats"]["median"] == pytest.approx(1e-3)
    assert one["options"]["timer"] == "native_clock"
    assert (info["subject"], info["runtime"], info["threads"], info["cpus"]) == (A, "litert", 1, [])
    assert (info["low_ns"], info["latency_ns"], info["high_ns"]) == pytest.approx((1e6, 1e6, 1e6))
    assert (info["verdict"], info["processes"], info["temperature_c"]) == ("trusted", 3, None)
    assert document["machine_info"]["pibench"]["board"].startswith("Raspberry Pi 3")


def test_pytest_benchmark_has_just_the_samples_that_count_and_1_ns_of_a_clock_that_showed_none(
    pytester: pytest.Pytester, world: World
) -> None:
    slower(world, 0)
    pytester.makepyfile(ONE)
    pytester.runpytest("--pibench-quick", "--benchmark-json=out.json").assert_outcomes(passed=1)
    stats = facts_in(Path("out.json"))["test_one"]["stats"]
    assert 0 < stats["min"] == stats["max"] <= 1e-9


def test_the_users_benchmark_marker_stays(pytester: pytest.Pytester, world: World) -> None:
    pytester.makepyfile(ONE.replace("@pytest", "@pytest.mark.benchmark(group='mine', min_rounds=7)\n@pytest", 1))
    pytester.runpytest("--pibench-quick", "--benchmark-json=out.json").assert_outcomes(passed=1)
    one = facts_in(Path("out.json"))["test_one"]
    assert (one["group"], one["options"]["min_rounds"], one["options"]["timer"]) == ("mine", 7, "native_clock")


def test_profiling_one_round_more_is_no_error(pytester: pytest.Pytester, world: World) -> None:
    pytester.makepyfile(ONE)
    pytester.runpytest("--pibench-quick", "--benchmark-cprofile=cumtime").assert_outcomes(passed=1)


def test_a_project_without_latency_tests_is_as_it_was(pytester: pytest.Pytester, world: World) -> None:
    pytester.makepyfile("def test_other(benchmark): benchmark(lambda: None)")
    result = pytester.runpytest("--benchmark-json=out.json", "--benchmark-max-time=0.01", "--benchmark-min-rounds=1")
    result.assert_outcomes(passed=1)
    assert "pibench" not in json.loads(Path("out.json").read_text())["machine_info"]
    assert not world.protocols
    result.stdout.no_fnmatch_line("*- pibench -*")


def test_a_fixture_of_the_same_name_in_a_project_is_left_alone(pytester: pytest.Pytester, world: World) -> None:
    pytester.makeconftest("import pytest\n@pytest.fixture\ndef latency(): return 7")
    pytester.makepyfile("""
        def test_other(latency, benchmark):
            assert benchmark(lambda: latency) == 7
    """)
    pytester.runpytest("--benchmark-max-time=0.01", "--benchmark-min-rounds=1").assert_outcomes(passed=1)


def test_graphs_lend_their_names_to_parametrisations(pytester: pytest.Pytester, world: World) -> None:
    pytester.makepyfile("""
        import pytest
        from pibench.forms import get

        @pytest.mark.parametrize("subject", [get("dense")(channels=16)])
        def test_it(latency, subject): latency(subject)
    """)
    pytester.runpytest("--pibench-quick", "-v").stdout.fnmatch_lines(["*::test_it?dense:channels=16* PASSED*"])


# Thresholds.


def test_a_figure_beyond_its_limit_fails_in_one_sentence_and_is_in_the_table(
    pytester: pytest.Pytester, world: World
) -> None:
    pytester.makepyfile(marked(f'"{A}", limit_ms=0.5'))
    result = pytester.runpytest("--pibench-quick")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"{A} (litert, 1 thread) takes 1 ms (95 %: 1 to 1), beyond the limit of 0.5 ms"])
    result.stdout.fnmatch_lines(["test_one *1.0000*"])
    result.stdout.no_fnmatch_line("*Error*")


def test_a_figure_within_its_limit_passes(pytester: pytest.Pytester, world: World) -> None:
    pytester.makepyfile(marked(f'"{A}", limit_ms=1.5'))
    pytester.runpytest("--pibench-quick").assert_outcomes(passed=1)


def slower(world: World, ns: int) -> None:
    world.make = lambda: FakeWorker(lambda k: ns)


def test_slower_than_the_compared_run_fails(pytester: pytest.Pytester, world: World) -> None:
    pytester.makepyfile(marked(f'"{A}", fail_above="3%"'))
    pytester.runpytest("--pibench-quick", "--benchmark-autosave").assert_outcomes(passed=1)
    slower(world, 1_020_000)
    pytester.runpytest("--pibench-quick", "--benchmark-compare").assert_outcomes(passed=1)
    slower(world, 1_100_000)
    result = pytester.runpytest("--pibench-quick", "--benchmark-compare")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["* 1.1 (95 %: 1.088 to 1.112) times as long as in the run of *: slower by * 3 %"])
    # The same machine: pytest-benchmark has nothing to warn of.
    result.stdout.no_fnmatch_line("*machine_info is different*")


def test_a_test_that_the_compared_run_lacks_is_told(pytester: pytest.Pytester, world: World) -> None:
    pytester.makepyfile(ONE)
    pytester.runpytest("--pibench-quick", "--benchmark-autosave")
    pytester.makepyfile(marked(f'"{A}", fail_above="3%"').replace("test_one", "test_new"))
    result = pytester.runpytest("--pibench-quick", "--benchmark-compare")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*test_new: the run of * has no figure of pibench for this test"])


def test_pytest_benchmarks_own_threshold_works_as_ever(pytester: pytest.Pytester, world: World) -> None:
    pytester.makepyfile(ONE)
    pytester.runpytest("--pibench-quick", "--benchmark-autosave")
    options = ("--pibench-quick", "--benchmark-compare", "--benchmark-compare-fail=median:5%")
    assert pytester.runpytest(*options).ret == 0
    slower(world, 1_100_000)
    result = pytester.runpytest(*options)
    assert result.ret != 0
    assert "Performance has regressed" in f"{result.stdout}{result.stderr}"


def test_what_is_to_be_told_is_told_where_pytest_benchmark_ends_the_session(
    pytester: pytest.Pytester, world: World
) -> None:
    pytester.makepyfile(ONE)
    pytester.runpytest("--pibench-quick", "--benchmark-autosave")
    slower(world, 1_100_000)
    options = ("--pibench-quick", "--benchmark-compare", "--benchmark-compare-fail=median:5%")
    result = pytester.runpytest(*options, "--pibench-report=latest.json")
    result.stdout.fnmatch_lines(["report: latest.json"])


# What goes wrong.


@pytest.mark.parametrize(
    ("arguments", "call", "sentence"),
    [
        ('"mobilnet_v1"', "latency()", "there is no architecture 'mobilnet_v1'. Did you mean 'mobilenet_v1'?"),
        ('"none.tflite"', "latency()", "none.tflite does not exist: check the path"),
        (f'"{A}", thread=2', "latency()", "the marker latency has no argument 'thread'. Did you mean 'threads'?"),
        (f'"{A}", fail_above="x"', "latency()", "fail_above='x' is not a percentage such as '3%'"),
        ("", "latency()", "what is to be measured? Give latency() a subject, or name one in the marker latency"),
        (f'"{A}"', "latency(7)", "a int is no subject: give an architecture's spec*"),
        (f'"{A}"', "latency(condition='litert')", "'litert' is no condition: give a pibench.report.Condition"),
        (f'"{A}"', "latency(); latency()", "latency() measures once in a test: parametrise the test for more"),
    ],
)
def test_errors_are_one_sentence_without_a_traceback(
    pytester: pytest.Pytester, world: World, arguments: str, call: str, sentence: str
) -> None:
    pytester.makepyfile(marked(arguments).replace("latency()\n", f"{call}\n"))
    result = pytester.runpytest("--pibench-quick", "-W", "error")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*_ test_one _*", sentence])
    for line in ("*Traceback*", "*During handling*", "*Error*", ">*", "*not used at all*"):
        result.stdout.no_fnmatch_line(line)


@pytest.mark.parametrize("options", [(), ("--benchmark-disable",)])
def test_a_latency_that_comes_too_late_is_told(
    pytester: pytest.Pytester, world: World, options: tuple[str, ...]
) -> None:
    pytester.makepyfile(f"""
        def test_one(request): request.getfixturevalue("latency")("{A}")
    """)
    result = pytester.runpytest("--pibench-quick", *options)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["name latency among the test's arguments: *"])
    result.stdout.no_fnmatch_line("*Error*")


def test_a_crash_costs_one_test_and_tells_what_the_runtime_printed(pytester: pytest.Pytester, world: World) -> None:
    class Crashing(FakeWorker):
        def ask(self, request, expected):  # type: ignore[no-untyped-def]
            if isinstance(request, Load) and request.path.endswith("0.tflite"):
                raise WorkerFailedError("crash", "the runtime crashed: SIGSEGV", "last words")
            return super().ask(request, expected)

    world.make = Crashing
    pytester.makepyfile(PAIR)
    result = pytester.runpytest("--pibench-quick")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines([f"{A}: the runtime crashed: SIGSEGV", "*last words*"])


def test_without_pytest_benchmark_a_latency_test_says_what_it_needs(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(ONE + "\ndef test_other(): pass\n")
    result = pytester.runpytest("-p", "no:benchmark")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["latency tests need pytest-benchmark: install pibench?pytest?"])


def test_an_untrusted_figure_is_marked_and_does_not_fail(pytester: pytest.Pytester, world: World) -> None:
    world.make = lambda: FakeWorker(lambda k: 1_000_000 + 300_000 * len(world.workers))
    pytester.makepyfile(ONE)
    result = pytester.runpytest("--pibench-quick")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "test_one *",
            "*- pibench -*",
            "untrusted: *::test_one: *wide interval*",
            "  wide interval, at first: *: measure without --pibench-quick",
        ]
    )


# With benchmarks disabled, and beside others.


def test_with_benchmarks_disabled_each_test_runs_once_alone_and_no_threshold_counts(
    pytester: pytest.Pytester, world: World
) -> None:
    pytester.makepyfile(PAIR.replace("def", "@pytest.mark.latency(limit_ms=0.001)\ndef", 1))
    result = pytester.runpytest("--benchmark-disable", "--pibench-report=r.json")
    result.assert_outcomes(passed=2)
    assert world.protocols == [SMOKE]
    assert [loads(worker) for worker in world.workers] == [["0.tflite"]] * 2
    result.stdout.fnmatch_lines(["no report in r.json: nothing was measured"])
    assert not Path("r.json").exists()


def test_a_subject_that_does_not_run_fails_with_benchmarks_disabled_too(
    pytester: pytest.Pytester, world: World
) -> None:
    pytester.makepyfile(marked('"mobilnet_v1"'))
    pytester.runpytest("--benchmark-disable").assert_outcomes(failed=1)


def test_beside_others_tests_run_once_and_who_insists_on_measuring_is_refused(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(ONE)
    pytester.runpytest_subprocess("-n", "1").assert_outcomes(passed=1)
    result = pytester.runpytest_subprocess("-n", "1", "--benchmark-enable")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["latency tests cannot share the machine with pytest-xdist's workers: *"])


# Real ones.


def test_it_measures(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(PAIR.replace("== pytest.approx(1e6)", "> 0"))
    pytester.runpytest_subprocess("--pibench-quick", "--benchmark-json=out.json").assert_outcomes(passed=2)
    for one in facts_in(Path("out.json")).values():
        assert one["stats"]["rounds"] >= 10
        assert 0 < one["stats"]["min"] <= one["stats"]["median"]


def test_importing_the_plugin_loads_nothing_heavy() -> None:
    code = "import sys, pibench.pytest_plugin; print(*sys.modules)"
    loaded = set(subprocess.check_output([sys.executable, "-c", code], text=True).split())
    assert not loaded & {"numpy", "msgspec", "psutil", "click", "rich", "pibench._native", "pibench.report"}


def test_the_command_line_is_no_part_of_it() -> None:
    code = "import sys, pibench.pytest_plugin, pibench.testing.session, pibench.testing.call; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert not [name for name in loaded if name.startswith(("pibench.cli", "click", "rich"))]
