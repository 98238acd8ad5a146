"""Reports as pages: one HTML text each that opens from disk, without a network.

Importing this loads neither the charts' library nor the templates'.
"""

from __future__ import annotations

from pibench.report import Report


def page(report: Report) -> str:
    """The report as one self-contained page. Raises ReportError where what draws it is not installed."""
    from pibench.html.frame import require

    require()
    from pibench.html.report_page import report_page

    return report_page(report)


__all__ = ["page"]
