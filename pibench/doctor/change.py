"""A change of one setting, with its undoing, as plain data that survives the process that made it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from itertools import groupby

import msgspec

from pibench.doctor.errors import ChangeError
from pibench.doctor.host import Host

# On a small board, swapping everything back in or stopping a service takes its time.
COMMAND_TIMEOUT_S = 60
_PLACES = ("sys/", "proc/sys/")
_PROGRAMS = ("swapoff", "swapon", "systemctl")


class FileChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="file", tag_field="kind"):
    """Another value in a file of /sys or /proc/sys."""

    path: str
    before: str
    after: str

    @property
    def is_plausible(self) -> bool:
        return self.path.startswith(_PLACES) and ".." not in self.path.split("/")

    @property
    def undo_command(self) -> str:
        return _tee(self.before, [self.path])

    def apply(self, host: Host) -> None:
        self._set(host, self.after)

    def restore(self, host: Host) -> None:
        self._set(host, self.before)

    def _set(self, host: Host, value: str) -> None:
        try:
            host.write(self.path, value)
        except OSError as error:
            changed = host.setting(self.path) != self.before
            raise ChangeError(f"/{self.path} cannot be set to {value}: {error.strerror}", changed) from None
        if (now := host.setting(self.path)) != value:
            raise ChangeError(f"/{self.path} was set to {value} but says {now}", now != self.before)


class CommandChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="command", tag_field="kind"):
    """What a program does and another call undoes."""

    arguments: tuple[str, ...]
    undo_arguments: tuple[str, ...]

    @property
    def is_plausible(self) -> bool:
        return all(words and words[0] in _PROGRAMS for words in (self.arguments, self.undo_arguments))

    @property
    def undo_command(self) -> str:
        return _sudo(self.undo_arguments)

    def apply(self, host: Host) -> None:
        _run(host, self.arguments)

    def restore(self, host: Host) -> None:
        _run(host, self.undo_arguments)


Change = FileChange | CommandChange


def change_commands(changes: Iterable[Change]) -> tuple[str, ...]:
    """The shell commands that make these changes; files that get the same value share one."""
    return _commands([(c, c.after if isinstance(c, FileChange) else "") for c in changes])


def undo_commands(changes: Iterable[Change]) -> tuple[str, ...]:
    """The shell commands that undo these changes, the last change first."""
    backwards = list(changes)[::-1]
    return _commands(
        [(c, c.before) if isinstance(c, FileChange) else (CommandChange(c.undo_arguments, ()), "") for c in backwards]
    )


def _commands(changes: list[tuple[Change, str]]) -> tuple[str, ...]:
    commands: list[str] = []
    for value, group in groupby(changes, key=lambda pair: pair[1]):
        members = [change for change, _ in group]
        files = [change.path for change in members if isinstance(change, FileChange)]
        commands += [_tee(value, files)] if files else []
        commands += [_sudo(change.arguments) for change in members if isinstance(change, CommandChange)]
    return tuple(commands)


def _tee(value: str, paths: list[str]) -> str:
    return f"echo {shlex.quote(value)} | sudo tee {' '.join(shlex.quote('/' + path) for path in paths)}"


def _sudo(arguments: tuple[str, ...]) -> str:
    return f"sudo {shlex.join(arguments)}"


def _run(host: Host, arguments: tuple[str, ...]) -> None:
    done = host.runner.run(*arguments, timeout_s=COMMAND_TIMEOUT_S)
    command = shlex.join(arguments)
    if done is None:
        raise ChangeError(f"{command}: {arguments[0]} is not installed")
    if done.code != 0:
        raise ChangeError(f"{command}: {done.output or f'failed with code {done.code}'}", done.code is None)
