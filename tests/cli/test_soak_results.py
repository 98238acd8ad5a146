from __future__ import annotations

import io
from pathlib import Path

import pytest
from boards import PI_3
from rich.console import Console
from soak_world import MINUTE, SECOND, ScriptedWorker, World, hot_board

from pibench.cli.soak_results import charts, figures, show_soak
from pibench.measure.endurance import Endurance, endurance
from pibench.measure.soak import Plan, Soak, soak_protocol
from pibench.measure.soak_result import soak_result
from pibench.report import Condition, Result, SubjectRecord


def soaked(world: World, period_ns: int = 0) -> tuple[Result, Endurance]:
    plan = Plan(10 * MINUTE, period_ns)
    protocol = soak_protocol(plan, 60, 0)
    sampler = Soak(ScriptedWorker(world), Path("m"), Condition(), protocol, plan, 20, wait_until=world.wait_until)
    sampler.run()
    measurement = sampler.measurement()
    assert measurement is not None
    found = endurance(measurement, world.trace(), world.spans(), period_ns)
    subject = SubjectRecord(name="[red]net", kind="file")
    return soak_result(subject, Condition(), protocol, PI_3, measurement, found), found


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_charts_fit_the_terminal(width: int) -> None:
    _, found = soaked(hot_board())
    lines = list(charts(found, width, ascii_only=False))
    assert max(map(len, lines)) <= width
    assert len(lines) == 4 + 2 + 2 + 1


def test_charts_show_the_step_where_it_was() -> None:
    _, found = soaked(hot_board())
    top = next(iter(charts(found, 200, ascii_only=False)))
    full = [column for column, character in enumerate(top) if character == "█"]
    begin = len(top) - 100
    assert 25 < full[0] - begin < 35


def test_noise_is_no_mountain() -> None:
    _, found = soaked(World())
    assert not set("▄▅▆▇█") & set("".join(charts(found, 80, ascii_only=False)))


def test_an_ascii_terminal_gets_ascii_bars() -> None:
    _, found = soaked(hot_board())
    assert not set("▁▂▃▄▅▆▇█") & set("".join(charts(found, 80, ascii_only=True)))


def test_a_terminals_encoding_decides() -> None:
    raw = io.BytesIO()
    console = Console(file=io.TextIOWrapper(raw, encoding="ascii", errors="replace"), width=80)
    show_soak(*soaked(hot_board()), console)
    console.file.flush()
    shown = raw.getvalue().decode("ascii")
    assert "#" in shown
    assert "[red]net" in shown


def test_figures_tell_first_sustained_ratio_and_heat() -> None:
    lines = list(figures(soaked(hot_board())[1]))
    assert [line.split()[0] for line in lines] == ["first", "sustained", "ratio", "hottest"]
    assert "1.4" in lines[2]


def test_a_missed_frame_is_never_rounded_away() -> None:
    stalled: list[int] = []

    def latency(t: int) -> float:
        if t > MINUTE and not stalled:
            stalled.append(t)
            return 0.15 * SECOND
        return 4e6

    deadlines = list(figures(soaked(World(latency), SECOND // 10)[1]))[-1]
    assert "99.9 % of 6,000 frames" in deadlines
    assert "are held" in deadlines
