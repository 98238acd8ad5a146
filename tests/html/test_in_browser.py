"""Pages in a real browser, without a network: what a reader would see is checked and told."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from msgspec.structs import replace
from page_reports import HOSTILE, empty_report, hostile_report, hot_report
from pareto_world import crowd
from sample_report import sample_report

from pibench.html import page
from pibench.report import Report

for needed in ("altair", "vl_convert", "playwright"):
    pytest.importorskip(needed, reason=f"{needed} is not installed: make test-slow installs it where it can be")
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, sync_playwright  # noqa: E402

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DESKTOP, PHONE = 1280, 390
PAPER = {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 27)"}
# Of each chart: its name, whether it was drawn, how many marks it has, and how many pixels stick out of its place.
_CHARTS = """[...document.querySelectorAll(".chart")].map(chart => ({
    name: chart.id,
    drawn: chart.dataset.drawn,
    marks: chart.querySelectorAll("svg .mark-rect.role-mark path, svg .mark-symbol.role-mark path,"
        + " svg .mark-rule.role-mark line, svg .mark-line.role-mark path, svg .mark-area.role-mark path").length,
    sticksOut: Math.max(...[...chart.querySelectorAll("svg")].map(svg => svg.getBoundingClientRect().right))
        - chart.getBoundingClientRect().right,
}))"""
_WIDER_THAN_SCREEN = """[...document.querySelectorAll("main *")]
    .filter(one => !one.closest(".scrolls, svg") && one.getBoundingClientRect().right > innerWidth + 0.5)
    .map(one => one.tagName)"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here: apt-get install chromium"),
]


class Seen(NamedTuple):
    """A page as the browser has it, and what it said and asked for on the way."""

    page: Page
    problems: list[str]
    requests: list[str]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        try:
            launched = driver.chromium.launch(executable_path=CHROMIUM)
        except Error as error:
            pytest.skip(f"Chromium does not start: {error.message.splitlines()[0]}")
        yield launched
        launched.close()


Show = Callable[..., Seen]


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Show]:
    contexts = []

    def shown(report: Report | str, width: int = DESKTOP, scheme: Any = "light", **options: Any) -> Seen:
        path = tmp_path / "report.html"
        path.write_text(report if isinstance(report, str) else page(report), encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, offline=True, **options
        )
        contexts.append(context)
        opened = context.new_page()
        seen = Seen(opened, [], [])

        def heard(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                seen.problems.append(message.text)

        def asked(request: Request) -> None:
            if request.url != path.as_uri():
                seen.requests.append(request.url)

        opened.on("console", heard)
        opened.on("pageerror", lambda error: seen.problems.append(str(error)))
        opened.on("dialog", lambda dialog: (seen.problems.append(dialog.message), dialog.dismiss()))
        opened.on("request", asked)
        opened.goto(path.as_uri())
        if options.get("java_script_enabled", True):
            opened.wait_for_selector("html[data-charts=drawn]", state="attached", timeout=60_000)
        return seen

    yield shown
    for context in contexts:
        context.close()


def pareto_text(name: str) -> str:
    from pibench.html.pareto_page import pareto_page

    return pareto_page(crowd(name), ("pibench", "pareto"))


REPORTS: dict[str, tuple[Callable[[], Report | str], int]] = {
    "a run": (hot_report, 11),
    "a run with a profile": (lambda: replace(hot_report(processes=3), profile=sample_report().profile), 8),
    "a long run": (lambda: hot_report(processes=40, blocks=20, in_block=21), 11),
    "a hostile name": (hostile_report, 8),
    "no figures": (empty_report, 0),
    "error against latency": (lambda: pareto_text("mobilenet_v2:width=16,expansion=4,se=2"), 1),
    "error against latency of hostile names": (lambda: pareto_text(HOSTILE), 1),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@pytest.mark.parametrize("name", REPORTS)
def test_a_page_is_drawn_whole_within_its_width_and_without_a_network(
    name: str, width: int, scheme: str, show: Show, capsys: pytest.CaptureFixture[str]
) -> None:
    make, expected = REPORTS[name]
    seen = show(make(), width, scheme)
    charts = seen.page.evaluate(_CHARTS)
    overflow = seen.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    wider = seen.page.evaluate(_WIDER_THAN_SCREEN)
    paper = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
    with capsys.disabled():
        print(
            f"\n{name}, {width} px, {scheme}: {len(charts)} of {expected} charts with"
            f" {sum(chart['marks'] for chart in charts)} marks, {len(seen.problems)} console errors,"
            f" {len(seen.requests)} requests, {max(0, overflow)} px of overflow"
        )
    assert seen.problems == []
    assert seen.requests == []
    assert len(charts) == expected
    assert [chart for chart in charts if chart["drawn"] != "yes" or not chart["marks"]] == []
    assert [chart for chart in charts if chart["sticksOut"] > 0.5] == []
    assert overflow <= 0
    assert wider == []
    assert paper == PAPER[scheme]


def test_a_chart_that_cannot_be_drawn_would_be_noticed(show: Show) -> None:
    seen = show(hot_report(processes=2))
    seen.page.evaluate("document.querySelector('#latency svg').remove()")
    assert seen.page.evaluate(_CHARTS)[0]["marks"] == 0


def test_no_label_is_cut_off_by_its_chart(show: Show) -> None:
    seen = show(hot_report(), PHONE)
    cut = seen.page.evaluate(
        """[...document.querySelectorAll(".chart svg")].flatMap(svg => {
            const box = svg.getBoundingClientRect();
            return [...svg.querySelectorAll("text")].filter(text => {
                const own = text.getBoundingClientRect();
                return own.width && (own.left < box.left - 1 || own.right > box.right + 1
                    || own.top < box.top - 1 || own.bottom > box.bottom + 1);
            }).map(text => text.textContent);
        })"""
    )
    assert cut == []


def test_without_javascript_the_tables_are_there(show: Show) -> None:
    seen = show(hot_report(processes=2), java_script_enabled=False)
    assert seen.page.locator("table").first.is_visible()
    assert seen.page.get_by_text("The charts need JavaScript.").is_visible()
    assert not seen.page.locator("figure").first.is_visible()
    assert not seen.page.locator("button").first.is_visible()
    assert seen.problems == []


def test_a_hostile_name_is_text_also_where_the_mouse_asks_for_it(show: Show) -> None:
    seen = show(hostile_report())
    seen.page.locator("#latency svg .mark-symbol.role-mark path").first.hover()
    tooltip = seen.page.locator("#vg-tooltip-element.visible")
    tooltip.wait_for()
    assert tooltip.locator("img, script").count() == 0
    names = seen.page.locator("tbody th").all_text_contents()
    assert HOSTILE in names
    assert seen.problems == []


def test_the_command_is_copied_or_selected(show: Show) -> None:
    seen = show(hot_report(processes=2))
    seen.page.get_by_role("button", name="Copy").click()
    seen.page.locator("button", has_text="Copied").or_(seen.page.locator("button", has_text="Selected")).wait_for()


def test_charts_follow_the_width_and_the_scheme_while_the_page_is_open(show: Show) -> None:
    seen = show(hot_report(processes=2))
    label = seen.page.locator("#latency svg .role-axis-label text").first
    light = label.evaluate("one => getComputedStyle(one).fill")
    seen.page.emulate_media(color_scheme="dark")
    assert label.evaluate("one => getComputedStyle(one).fill") != light
    seen.page.set_viewport_size({"width": PHONE, "height": 800})
    seen.page.wait_for_function("document.querySelector('#latency svg').getBoundingClientRect().width <= 390")
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= PHONE


def test_a_page_can_be_printed(show: Show, tmp_path: Path) -> None:
    seen = show(hot_report(processes=2), scheme="dark")
    pdf = seen.page.pdf(format="A4", print_background=True)
    assert pdf.startswith(b"%PDF")
    seen.page.emulate_media(media="print")
    assert seen.page.evaluate("getComputedStyle(document.body).backgroundColor") == PAPER["light"]
    assert not seen.page.locator("button").first.is_visible()
