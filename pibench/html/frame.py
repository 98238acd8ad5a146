"""The frame of every page: template, style, and the script that draws charts, all in one text."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from importlib import resources

from pibench.errors import ReportError
from pibench.html.theme import CONFIG

VEGA_LITE = "6.4"
# Places for charts are shown only where scripts run, from the first moment on.
_BEGINNING = 'document.documentElement.dataset.charts = "awaited"'


def require() -> None:
    """Raises ReportError where something that draws pages is not installed."""
    try:
        import altair  # noqa: F401
        import jinja2  # noqa: F401
        import vl_convert  # noqa: F401
    except ImportError as error:  # it may be there, but for another Python
        raise ReportError(
            f"pages and pictures need more than is installed here ({error}): pip install 'pibench[html]', or make"
            " them from the same files on a machine that has it"
        ) from None


def render(template: str, **values: object) -> str:
    """A template of this package, which extends ``base.html``, with its values filled in.

    Whatever the values hold is escaped, and what escaping missed could neither run as a script nor load anything:
    the page's policy allows its own scripts alone.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("pibench.html", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["parts"] = _breakable
    scripts = {"beginning": _BEGINNING, "library": _library(), "drawing": _own("charts.js")}
    return environment.get_template(template).render(
        **values,
        style=_own("page.css"),
        theme=CONFIG,
        scripts=scripts,
        script_hashes=[_hash(script) for script in scripts.values()],
    )


def _breakable(name: str) -> str:
    """A name that may go on in the next line after each of its parts."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"([,:/.])(?=\w)", r"\1<wbr>", str(escape(name))))


@functools.cache
def _library() -> str:
    """Vega-Lite, Vega and vega-embed as one script."""
    from vl_convert import javascript_bundle

    bundle: str = javascript_bundle(vl_version=VEGA_LITE)  # type: ignore[call-arg]  # its stub is wrong
    return bundle


def _own(name: str) -> str:
    return resources.files("pibench.html").joinpath(name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    """As a content security policy names a script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"
