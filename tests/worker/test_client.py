from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pibench.engine import RuntimeName
from pibench.worker.client import Worker, WorkerFailedError, probed_clock
from pibench.worker.protocol import (
    Clock,
    Load,
    Loaded,
    Prepare,
    ProbeClock,
    Run,
    RunReference,
    Sampled,
    Unload,
    Unloaded,
)


def impostor(code: str) -> tuple[str, ...]:
    """A process that answers as the code says instead of as a worker."""
    return (sys.executable, "-c", f"import os, sys, time\nfor line in sys.stdin.buffer:\n    {code}")


def failure_of(code: str, timeout_s: float = 20) -> WorkerFailedError:
    with Worker(timeout_s, impostor(code)) as worker, pytest.raises(WorkerFailedError) as error:
        worker.ask(ProbeClock(), Clock)
    return error.value


def test_a_worker_loads_and_samples(runtime: RuntimeName, small_model: Path) -> None:
    with Worker() as worker:
        loaded = worker.ask(Load(str(small_model), runtime), Loaded)
        sampled = worker.ask(Run(loaded.engine, 20, group=3), Sampled)
    assert 0 < loaded.first_inference_ns < loaded.load_ns * 1000
    assert 0 < loaded.baseline_memory_bytes <= loaded.peak_memory_bytes
    assert len(sampled.start_ns) == len(sampled.duration_ns) == 20


def test_a_worker_probes_the_clock() -> None:
    with Worker() as worker:
        clock = worker.ask(ProbeClock(), Clock)
    assert clock.step_ns >= 1
    assert 0 <= clock.pair_ns <= clock.sample_ns


def test_a_worker_samples_the_reference_without_a_model() -> None:
    with Worker() as worker:
        reference = worker.ask(RunReference(7), Sampled)
    assert len(reference.duration_ns) == 7
    assert min(reference.duration_ns) > 0


def test_a_worker_survives_what_it_cannot_do(runtime: RuntimeName, small_model: Path) -> None:
    with Worker() as worker:
        with pytest.raises(WorkerFailedError, match="no model is loaded as number 1"):
            worker.ask(Run(1, 1), Sampled)
        with pytest.raises(WorkerFailedError, match=r"(?i)could not"):
            worker.ask(Load("/nonexistent.tflite", runtime), Loaded)
        assert worker.ask(Load(str(small_model), runtime), Loaded)


def test_models_are_loaded_side_by_side_and_released_one_by_one(runtime: RuntimeName, small_model: Path) -> None:
    with Worker() as worker:
        first = worker.ask(Load(str(small_model), runtime), Loaded)
        second = worker.ask(Load(str(small_model), runtime, kernels="builtin"), Loaded)
        worker.ask(Unload(first.engine), Unloaded)
        assert worker.ask(Run(second.engine, 2), Sampled)
        with pytest.raises(WorkerFailedError, match=f"no model is loaded as number {first.engine}"):
            worker.ask(Run(first.engine, 2), Sampled)


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT])
def test_a_crash_is_told_with_its_signal(number: signal.Signals) -> None:
    error = failure_of(f"os.kill(os.getpid(), {int(number)})")
    assert error.kind == "crash"
    assert str(error) == f"the runtime crashed: its process was ended by {number.name}"


def test_a_killed_worker_points_to_memory() -> None:
    error = failure_of("os.kill(os.getpid(), 9)")
    assert (error.kind, "memory runs out" in str(error)) == ("crash", True)


def test_an_exit_is_told_with_its_code_and_last_words() -> None:
    error = failure_of("print('out of luck', file=sys.stderr); sys.exit(7)")
    assert (error.kind, error.detail) == ("crash", "out of luck")
    assert str(error) == "the runtime crashed: its process ended with code 7"


def test_a_hang_is_ended_and_told() -> None:
    error = failure_of("time.sleep(600)", timeout_s=0.3)
    assert error.kind == "timeout"
    assert "no answer within 0.3 s" in str(error)
    assert "--timeout" in str(error)


@pytest.mark.parametrize(
    "answer", [b"what?\n", b"{}\n", b'{"type":"loaded"}\n', b'{"type":"unheard_of"}\n', b"\xff\xfe\n"]
)
def test_nonsense_is_told_as_such(answer: bytes) -> None:
    error = failure_of(f"os.write(1, {answer!r})")
    assert (error.kind, "makes no sense" in str(error)) == ("error", True)


def test_an_answer_to_another_question_is_refused() -> None:
    answer = b'{"type":"sampled","start_ns":[],"duration_ns":[]}\n'
    assert "answered with Sampled" in str(failure_of(f"os.write(1, {answer!r})"))


def test_half_an_answer_before_a_crash_is_a_crash() -> None:
    assert failure_of("os.write(1, b'{\"type\":'); os._exit(3)").kind == "crash"


def test_a_worker_that_is_gone_before_it_is_asked_has_crashed() -> None:
    with Worker(command=(sys.executable, "-c", "raise SystemExit(4)")) as worker:
        worker._process.wait()
        with pytest.raises(WorkerFailedError, match="ended with code 4"):
            worker.ask(ProbeClock(), Clock)


def test_only_the_end_of_a_long_log_is_kept() -> None:
    error = failure_of("print('x' * 100_000 + 'the end', file=sys.stderr); sys.stderr.flush(); os._exit(1)")
    assert len(error.detail) <= 4096
    assert error.detail.endswith("the end")


def wait_until(condition: Callable[[], bool]) -> bool:
    for _ in range(500):
        if condition():
            return True
        time.sleep(0.01)
    return False


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_closing_ends_a_busy_worker() -> None:
    worker = Worker(command=impostor("time.sleep(600)"))
    pid = worker._process.pid
    worker.close()
    assert wait_until(lambda: is_gone(pid))


def test_ctrl_c_in_the_terminal_does_not_reach_the_worker() -> None:
    with Worker() as worker:
        assert os.getpgid(worker._process.pid) != os.getpgid(0)


def test_what_a_runtime_prints_does_not_disturb_the_answers(small_model: Path) -> None:
    noisy = (
        sys.executable,
        "-c",
        "import os; import pibench.worker.server as s; import pibench.worker.__main__ as w; real = s.probe_clock\n"
        "def probe_clock():\n    os.write(1, b'chatter on stdout\\n'); return real()\n"
        "s.probe_clock = probe_clock; w.main()",
    )
    with Worker(command=noisy) as worker:
        assert worker.ask(ProbeClock(), Clock)


def test_a_module_in_the_users_directory_does_not_shadow_a_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.joinpath("msgspec.py").write_text("raise SystemExit('shadowed')")
    monkeypatch.chdir(tmp_path)
    with Worker() as worker:
        assert worker.ask(ProbeClock(), Clock)


def test_a_worker_ends_with_its_parent_even_when_it_hangs() -> None:
    code = (
        "import pibench.worker.__main__ as w, time, sys; w._die_with_parent(); print('up', flush=True); time.sleep(600)"
    )
    parent = (
        "import subprocess, sys, time;"
        f" child = subprocess.Popen([sys.executable, '-c', {code!r}], start_new_session=True, stdout=subprocess.PIPE);"
        " child.stdout.readline(); print(child.pid, flush=True); time.sleep(600)"
    )
    process = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    child = int(process.stdout.readline())
    process.kill()
    process.communicate()
    assert wait_until(lambda: is_gone(child))


def test_the_clock_is_probed_in_a_worker_that_is_set_up_as_asked() -> None:
    assert probed_clock(preparation=Prepare((min(os.sched_getaffinity(0)),))).step_ns >= 1
    with pytest.raises(WorkerFailedError, match="core 1023 cannot be used"):
        probed_clock(preparation=Prepare((1023,)))
