"""Networks: one table for all architectures, and what it predicts of random networks of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from layers_setting import NETWORKS, Setting
from layers_table import Row, made, show_rows
from rich.console import Console


def total(setting: Setting) -> int:
    return 1


def rows(setting: Setting) -> Iterator[list[Row]]:
    yield [made(setting, NETWORKS, "networks", setting.options.networks)]


def show(found: Sequence[Row], console: Console) -> None:
    console.print(
        "asked for: 95 % within ±10 %, median error 3 % (nn-Meter, 26,000 models on a phone: 99.0 %)",
        style="dim",
    )
    show_rows(found, console)
