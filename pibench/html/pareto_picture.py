"""Error against latency as a picture: the page's chart, light, with the networks' names beside it."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Sequence
from importlib import resources
from typing import Any

import altair as alt

from pibench.html.frame import VEGA_LITE
from pibench.html.pareto_chart import LEGEND, pareto_chart
from pibench.html.plot import plot
from pibench.html.theme import CONFIG, INK, MUTED
from pibench.pareto import Front, Pareto, Point
from pibench.thesis import Row
from pibench.words.pareto import error_text, latency_text

_CHART_PX = (620, 420)
_LINE_PX = 19
_PX_PER_CHARACTER = 5.6
_SCALE = 2.0


def picture(found: Pareto, suffix: str) -> bytes:
    """PNG or SVG, as ``suffix`` says."""
    import vl_convert

    said = textwrap.wrap(f"Images: {found.images}. {LEGEND}", int(_CHART_PX[0] / _PX_PER_CHARACTER))
    chart = alt.vconcat(*(_panel(front, found.thesis) for front in found.fronts), spacing=40).properties(
        title=alt.TitleParams("Error against latency", subtitle=said, subtitleColor=MUTED, subtitleFontSize=11)
    )
    spec = chart.to_dict(validate=False)
    spec["config"] = _static_theme()
    plain = json.loads(_in_light(json.dumps(spec)))
    if suffix == ".svg":
        svg: str = vl_convert.vegalite_to_svg(plain, vl_version=VEGA_LITE)
        return svg.encode()
    png: bytes = vl_convert.vegalite_to_png(plain, vl_version=VEGA_LITE, scale=_SCALE)
    return png


def _panel(front: Front, thesis: Sequence[Row]) -> Any:
    width, height = _CHART_PX
    lines = [f"{number}  {_told(one.point)}" for number, one in enumerate(front.placed, 1)]
    names = (
        plot([{"line": number, "name": line} for number, line in enumerate(lines)])
        .mark_text(align="left", color=INK, fontSize=11)
        .encode(x=alt.value(0), y=alt.Y("line:O", axis=None), text="name:N")
        .properties(width=max(map(len, lines)) * _PX_PER_CHARACTER, height=len(lines) * _LINE_PX)
    )
    drawn = pareto_chart(front, thesis).properties(width=width, height=height)
    return alt.hconcat(drawn, names, title=str(front.setting), spacing=24)


def _told(point: Point) -> str:
    figures = f"{latency_text(point.latency)} ms, {error_text(point.error)} %"
    return f"{point.label}: {figures}" + (", untrusted" if point.latency.untrusted else "")


def _static_theme() -> dict[str, Any]:
    """The page's, without what asks for the width of the page."""
    legend = {key: value for key, value in CONFIG["legend"].items() if not isinstance(value, dict)}
    return {**CONFIG, "background": "var(--paper)", "legend": {**legend, "labelLimit": _CHART_PX[0]}, "padding": 16}


def _in_light(text: str) -> str:
    """With the page's light colours in place of their names."""
    style = resources.files("pibench.html").joinpath("page.css").read_text(encoding="utf-8")
    light = style[: style.index("@media")]
    colours = dict(re.findall(r"(--[\w-]+): (#[0-9a-f]+);", light))
    return re.sub(r"var\((--[\w-]+)\)", lambda found: colours[found[1]], text)
