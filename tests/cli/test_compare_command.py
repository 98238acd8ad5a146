from __future__ import annotations

import io
import json
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from rich.console import Console
from saved_reports import NET, joined, net, saved, untrusted, with_model, with_reference
from timed_results import timed

from pibench.cli.compare_markdown import markdown
from pibench.cli.compare_results import covered, show_comparison
from pibench.cli.main import run
from pibench.compare import Comparison, compare
from pibench.report import Condition, Report, save

MS = 1_000_000
LATER = "2026-11-24T12:00:00+00:00"
TFLITE = Condition(runtime="tflite")
GOLDEN = Path(__file__).with_name("compare.md")


@pytest.fixture
def files(tmp_path: Path):
    def write(base: Report, new: Report) -> list[str]:
        paths = [tmp_path / "base.json", tmp_path / "new.json"]
        for report, path in zip((base, new), paths, strict=True):
            save(report, path)
        return [str(path) for path in paths]

    return write


def all_verdicts() -> Comparison:
    base = saved(*(net(MS, name) for name in ("slow", "fast", "same", "close", "odd|`<b>")), net(MS, "gone"))
    new = saved(
        net(1.1 * MS, "slow"),
        net(0.5 * MS, "fast"),
        with_model(net(MS, "same"), "cd"),
        net(1.02 * MS, "close"),
        untrusted(net(2 * MS, "odd|`<b>")),
        created=LATER,
    )
    return compare(base, new)


@pytest.mark.parametrize(
    ("factor", "options", "code"),
    [
        (1.0, [], 0),
        (0.5, [], 0),
        (1.1, [], 1),
        (1.1, ["--fail-above", "20"], 0),
        (1.1, ["--fail-above", "10"], 3),
        (1.02, [], 3),
        (1.03, ["--between-runs", "0.1"], 1),
        (1.03, ["--between-runs", "2"], 3),
    ],
)
def test_the_exit_code_says_what_the_interval_says_at_the_threshold(
    files, factor: float, options: list[str], code: int
) -> None:
    assert run(["compare", *files(saved(net(MS)), saved(net(factor * MS), created=LATER)), *options]) == code


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ([net(MS, "a"), net(1.5 * MS, "b")], 1),
        ([untrusted(net(MS, "a")), net(1.5 * MS, "b")], 1),
        ([untrusted(net(MS, "a")), net(MS, "b")], 3),
        ([timed("a", []), net(MS, "b")], 3),
        ([with_reference(net(1.5 * MS, "a"), 30_000), net(MS, "b")], 3),
        ([net(MS, "a"), net(MS, "b"), net(9 * MS, "c")], 0),
    ],
)
def test_slower_comes_before_untrusted_and_untrusted_before_fine(files, results, code: int) -> None:
    assert run(["compare", *files(saved(net(MS, "a"), net(MS, "b")), saved(*results))]) == code


def test_one_report_given_twice_compares_two_conditions(files, capsys: pytest.CaptureFixture[str]) -> None:
    both = saved(net(MS), net(1.5 * MS, NET, TFLITE))
    path, _ = files(both, both)
    assert run(["compare", path, path, "--base", "runtime=litert", "--new", "runtime=tflite"]) == 1
    shown = capsys.readouterr().out
    assert "litert → tflite" in shown
    assert "the processes that both sides share" in shown


def test_json_is_the_typed_comparison(files, capsys: pytest.CaptureFixture[str]) -> None:
    base, new = saved(net(MS)), saved(net(MS), created=LATER)
    assert run(["compare", *files(base, new), "--json"]) == 0
    assert msgspec.json.decode(capsys.readouterr().out, type=Comparison) == compare(base, new)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--fail-above", "2%%"], "'2%%' is not a percentage from 0 to 100"),
        (["--fail-above", "much"], "'much' is not a percentage from 0 to 100"),
        (["--across", "devise"], "Did you mean 'device'?"),
        (["--base", "runtime"], "'runtime' is not FIELD=VALUE with one of subject, runtime"),
        (["--base", "thread=1"], "Did you mean 'threads'?"),
        (["--base", "threads=1", "--base", "threads=2"], "each field takes one value"),
        (["--new", "threads=4"], "NEW has no result with threads=4: it has 1"),
        (["--json", "--markdown"], "give one of them"),
    ],
)
def test_bad_options_are_one_sentence_and_exit_code_2(
    files, arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["compare", *files(saved(net(MS)), saved(net(MS), created=LATER)), *arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert sentence in shown.err


def edited(**changes: object):
    def edit(document: dict) -> str:
        document["results"][0]["measurements"][0].update(changes)
        return json.dumps(document)

    return edit


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (lambda document: json.dumps({**document, "schema_version": 2}), "update pibench"),
        (lambda document: json.dumps(document)[:-100], "or a damaged one"),
        (lambda document: "[1, 2]", "it has no schema_version"),
        (lambda document: json.dumps({**document, "results": [], "sessions": []}), "NEW has no results"),
        (edited(blocks=[99]), "has 6 samples and 99 in blocks in process 0"),
        (edited(set_aside=[6]), "sets aside a sample that is not there in process 0"),
        (edited(blocks=[], start_ns=[], duration_ns=[], process=9), "is not that of its samples"),
    ],
)
def test_damaged_or_edited_files_are_one_sentence_and_exit_code_2(
    files, edit, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    base, new = files(saved(net(MS)), saved(net(MS), created=LATER))
    path = Path(new)
    path.write_text(edit(json.loads(path.read_bytes())))
    code = run(["compare", base, new])
    shown = capsys.readouterr()
    assert (code, shown.out, shown.err.count("\n")) == (2, "", 1)
    assert sentence in shown.err


def test_a_missing_file_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", "none.json", "none.json"]) == 2
    assert "cannot read the report none.json: No such file" in capsys.readouterr().err


def test_the_terminal_shows_ratio_interval_verdict_and_what_is_to_be_known() -> None:
    output = io.StringIO()
    show_comparison(all_verdicts(), Console(file=output, width=140))
    shown = output.getvalue()
    for told in (
        "BASE  2026-11-23T12:00:00+00:00, Raspberry Pi 3 Model B Rev 1.2, pibench 0.1.0",
        "95 % for all",
        "1 slower, 1 faster, 1 same, 1 undecided, 1 untrusted (what matters: 2 %)",
        "geometric mean of 5 ratios: 1.02",
        "1 of them untrusted",
        "±0.4 % from run to run, all together at 95 %",
        "other model (1 of 5 rows; the first: same): the model files differ",
        "only in BASE: gone (litert, 1 thread)",
    ):
        assert told in shown


@pytest.mark.parametrize("width", [60, 79, 100])
def test_narrow_terminals_lose_no_figure(width: int) -> None:
    output = io.StringIO()
    found = compare(saved(net(MS, NET * 3)), saved(net(1.1 * MS, NET * 3), created=LATER))
    show_comparison(found, Console(file=output, width=width))
    shown = output.getvalue()
    assert max(map(len, shown.splitlines())) <= width
    for told in ("1.000", "1.100 1.100", "1.088 – 1.112", "slower"):
        assert told in shown


def test_what_was_allowed_to_differ_and_an_interrupted_run_stand_beside_the_rows() -> None:
    output = io.StringIO()
    new = replace(saved(net(MS), board="Raspberry Pi 5", created=LATER), complete=False)
    show_comparison(compare(saved(net(MS)), new, across=("device",)), Console(file=output, width=140))
    assert "device, board: Raspberry Pi 3 Model B Rev 1.2 → Raspberry Pi 5" in output.getvalue()
    assert "Raspberry Pi 5, pibench 0.1.0, interrupted" in output.getvalue()


def test_of_one_report_it_is_told_what_the_intervals_are_over() -> None:
    first, second = saved(net(MS, "a"), net(MS, "a", TFLITE), net(MS, "b")), saved(net(MS, "b", TFLITE))
    by_runtime = {"base_choice": {"runtime": "litert"}, "new_choice": {"runtime": "tflite"}}
    shared, mixed = (compare(one, one, **by_runtime) for one in (first, joined(first, second)))
    assert covered(shared) == "intervals over the processes that both sides share"
    failed = saved(*first.results[:2], timed("b", []), timed("b", [], TFLITE))
    assert covered(compare(failed, failed, **by_runtime)).startswith(f"{covered(shared)}, all together")
    assert covered(mixed).startswith(
        "intervals over the processes that both sides share, and where they share none over processes, and ±0.4 %"
    )


def test_the_markdown_is_as_people_saw_it_last() -> None:
    assert markdown(all_verdicts()) + "\n" == GOLDEN.read_text()
