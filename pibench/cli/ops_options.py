"""The axes of ``pibench ops``: which parameters of forms vary, over which values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_args

import click

from pibench.cli.options import Choices
from pibench.forms import forms, parse_axis
from pibench.forms.parameters import Dtype
from pibench.forms.parts import Function

F = TypeVar("F", bound=Callable[..., Any])

NUMBERS: Mapping[str, str] = {
    "size": "Height and width of the image, e.g. 8,16,32.",
    "channels": "Channels that come in, e.g. 16:256:16 (start:stop:step, stop included).",
    "out_channels": "Channels that go out; 0: as many as come in.",
    "kernel": "Height and width of the window.",
    "stride": "Strides.",
    "groups": "Groups of a grouped form.",
    "expansion": "Times that an inverted residual widens its input.",
    "reduction": "Times that squeeze-and-excitation narrows; 0: none.",
}
AXES = (*NUMBERS, "function")


class Axis(click.ParamType[tuple[int, ...]]):
    """Numbers and ranges, as ``pibench.forms.parse_axis`` reads them."""

    name = "values"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        return value if isinstance(value, tuple) else parse_axis(value)


def axis_options(function: F) -> F:
    """An option for each parameter that a form may have: None where it is not given, but for the dtype."""
    options = (
        *(click.option(f"--{name.replace('_', '-')}", name, type=Axis(), help=text) for name, text in NUMBERS.items()),
        click.option("--function", type=Choices(get_args(Function)), help="Functions of the form activation."),
        click.option(
            "--dtype", type=Choices(get_args(Dtype)), default="float32", show_default=True, help="float32, int8."
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


class ListsForms(click.Command):
    """Has the forms below its help; they are looked up only when that is asked for."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Forms"):
            formatter.write_dl([(form.name, form.summary) for form in forms().values()])
