"""Options that the commands about training share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def data_options(function: F) -> F:
    """``--data`` and ``--download``."""
    for option in (
        click.option("--download", is_flag=True, help="Fetch the official archive into that folder if it has no data."),
        click.option(
            "--data",
            required=True,
            metavar="PATH",
            help="Folder of cifar-10-batches-py or cifar-10-python.tar.gz (or -100-); generated: images made up.",
        ),
    ):
        function = option(function)
    return function
