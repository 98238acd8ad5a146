"""Groups of commands that are imported only to be run."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import click

from pibench.errors import did_you_mean


class LazyGroup(click.Group):
    """Knows its commands by name and help; each is ``command`` of the module of its name in ``package``."""

    package: str
    summaries: Mapping[str, str]

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.summaries)

    def get_command(self, ctx: click.Context, name: str) -> click.Command:
        if name not in self.summaries:
            asked = " ".join([*ctx.command_path.split()[1:], name])
            ctx.fail(f"there is no command {asked!r}.{did_you_mean(name, self.summaries)}")
        command: click.Command = importlib.import_module(f"{self.package}.{name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(self.summaries.items()))


def lazy(package: str, summaries: Mapping[str, str]) -> type[LazyGroup]:
    """A group over the modules of a package, for ``click.group(cls=...)``."""
    return type("Group", (LazyGroup,), {"package": package, "summaries": summaries})
