"""Draws a saved report's page as a PNG, as a reader sees it.

python docs/page_picture.py reports/X.json docs/report.png
python docs/page_picture.py reports/X.json docs/report-phone.png --phone --dark --from layers
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from pibench.html import page
from pibench.report import load


def main() -> None:
    parser = argparse.ArgumentParser(description="Draws a saved report's page as a PNG.")
    parser.add_argument("report", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--phone", action="store_true")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--from", dest="begin", default="verdicts", help="the section that it begins with")
    parser.add_argument("--height", type=int, default=1300)
    given = parser.parse_args()
    width = 390 if given.phone else 1000
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        path = Path(folder, "report.html")
        path.write_text(page(load(given.report)), encoding="utf-8")
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"))
        opened = browser.new_page(
            viewport={"width": width, "height": given.height}, color_scheme="dark" if given.dark else "light"
        )
        opened.goto(path.as_uri())
        opened.wait_for_selector("html[data-charts=drawn]", state="attached")
        top = 0 if given.begin == "verdicts" else opened.locator(f"#{given.begin}").bounding_box()["y"] - 16
        opened.screenshot(
            path=given.picture, full_page=True, clip={"x": 0, "y": top, "width": width, "height": given.height}
        )
        browser.close()


if __name__ == "__main__":
    main()
