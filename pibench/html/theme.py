"""How charts look. Colours are the page's CSS variables, so that a chart changes with its page."""

from __future__ import annotations

from typing import Any

INK = "var(--ink)"
MUTED = "var(--muted)"
LINE = "var(--line)"
PAPER = "var(--paper)"
TRUSTED = "var(--trusted)"
UNTRUSTED = "var(--untrusted)"
FAILED = "var(--failed)"
# After Okabe and Ito: told apart with any colour vision.
CATEGORIES = tuple(f"var(--c{number})" for number in range(1, 8))

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif'

CONFIG: dict[str, Any] = {
    # The page labels each chart as a whole; a label per mark would be read out thousandfold.
    "aria": False,
    "background": "transparent",
    "font": FONT,
    "padding": {"left": 2, "right": 6, "top": 4, "bottom": 4},
    "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED,
        "labelFontSize": 12,
        "titleColor": MUTED,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titlePadding": 8,
        "domainColor": LINE,
        "tickColor": LINE,
        "gridColor": LINE,
        "tickSize": 4,
        "labelPadding": 4,
    },
    "legend": {
        "orient": "top",
        "direction": "horizontal",
        "title": None,
        "labelColor": INK,
        "labelFontSize": 12,
        "labelLimit": {"expr": "max(120, containerSize()[0] - 80)"},
        "columns": {"expr": "max(1, floor(containerSize()[0] / 150))"},
        "columnPadding": 16,
        "symbolSize": 80,
        "symbolOpacity": 1,
        "offset": 8,
    },
    "title": {
        "anchor": "start",
        "frame": "group",
        "color": INK,
        "fontSize": 13,
        "fontWeight": "normal",
        "offset": 8,
    },
    "text": {"color": INK, "fontSize": 12},
    "rule": {"color": INK},
    "range": {"category": list(CATEGORIES)},
}
