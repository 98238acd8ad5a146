"""``pibench doctor``."""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Sequence, Set
from pathlib import Path

import click
import msgspec

from pibench.cli.streams import silence
from pibench.doctor import KNOBS, Diagnosis, DoctorError, Host, diagnose, this_host
from pibench.errors import EXIT_ERROR, EXIT_OK, EXIT_UNTRUSTED


@click.command(context_settings={"allow_interspersed_args": False})
@click.option(
    "--tune", is_flag=True, help="Change what can be changed while COMMAND runs, or until Ctrl-C; needs root."
)
@click.option("--restore", is_flag=True, help="Put back what a killed --tune left changed; needs root.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output, nothing else.")
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    envvar="PIBENCH_ROOT",
    default="/",
    hidden=True,
    help="Read, change and run what lies below this directory: for tests.",
)
@click.argument("arguments", nargs=-1, metavar="[-- COMMAND]...", type=click.UNPROCESSED)
def command(tune: bool, restore: bool, as_json: bool, root: Path, arguments: tuple[str, ...]) -> int:
    """Tell which settings of this machine disturb timing, and how to change them.

    Each setting is shown as it is now, with why it matters, whether it disturbs here, the command
    that changes it and the one that undoes that. What cannot be read is unknown.

    --tune changes what is safe to change, runs COMMAND, ends with its exit code and puts
    everything back: also after Ctrl-C, SIGTERM, a closed terminal or a killed COMMAND. A signal is
    passed on to COMMAND, which then has 10 s to end. COMMAND runs as root; `sudo -u USER` in
    front of it changes that.

    \b
    Examples:
        pibench doctor
        sudo pibench doctor --tune -- pibench bench model.tflite
        sudo pibench doctor --restore

    Exit code 0: nothing known disturbs; 3: something does; 2: bad input, no rights, or a setting that
    could not be restored.
    """
    if tune + restore + as_json > 1:
        raise click.UsageError("--tune, --restore and --json exclude each other")
    if arguments and not tune:
        raise click.UsageError(f"{arguments[0]!r} would only be run with --tune")
    host = this_host(root)
    if tune:
        return _tune(host, arguments)
    return _restore(host) if restore else _show(host, as_json)


def _show(host: Host, as_json: bool) -> int:
    diagnosis = diagnose(host, KNOBS)
    if as_json:
        click.echo(msgspec.json.encode(diagnosis).decode())
    else:
        from rich.console import Console

        from pibench.doctor.table import show

        show(diagnosis, Console())
        _tell_left_over(diagnosis)
    return EXIT_OK if diagnosis.verdict == "fine" else EXIT_UNTRUSTED


def _tell_left_over(diagnosis: Diagnosis) -> None:
    if diagnosis.tuned is None:
        return
    if diagnosis.tuned.is_active:
        _tell("a pibench doctor --tune is active: these are its settings")
    else:
        _tell(f"a killed --tune left settings changed; put them back with: {_as_root('--restore')}")


def _tune(host: Host, arguments: Sequence[str]) -> int:
    from pibench.doctor.signals import held_back
    from pibench.doctor.tune import tuned

    _check_rights(host, "--tune")
    program = _program(arguments[0]) if arguments else None
    with held_back() as ending:
        with tuned(host, KNOBS, _tell) as tuning:
            if not tuning.changes:
                _tell("there is nothing to change here")
            else:
                _tell(f"{len(tuning.changes)} settings changed until {'COMMAND ends' if program else 'Ctrl-C'}")
            code = _run(program, arguments[1:], ending) if program else _hold(bool(tuning.changes), ending)
        return code if not tuning.changes else code or EXIT_ERROR


def _run(program: str, arguments: Sequence[str], ending: Set[signal.Signals]) -> int:
    from pibench.doctor.child import run_child

    return run_child(program, arguments, ending)


def _hold(has_changes: bool, ending: Set[signal.Signals]) -> int:
    from pibench.doctor.child import wait_for_end

    if has_changes:
        wait_for_end(ending)
    return EXIT_OK


def _restore(host: Host) -> int:
    from pibench.doctor.signals import held_back
    from pibench.doctor.tune import restore_left_over

    _check_rights(host, "--restore")
    with held_back():
        count, restored = restore_left_over(host, _tell)
    if restored:
        _tell(f"{count} settings restored" if count else "there is nothing to restore")
    return EXIT_OK if restored else EXIT_ERROR


def _check_rights(host: Host, option: str) -> None:
    if not host.may_change:
        raise DoctorError(
            f"{option} changes settings of the machine and needs root; nothing was changed. Use: {_as_root(option)}"
        )


def _as_root(option: str) -> str:
    # sudo's path lacks a virtual environment.
    return f"sudo {sys.executable} -m pibench doctor {option}"


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise DoctorError(f"{name!r} is not a program that can be run; nothing was changed.")
    return found


def _tell(sentence: str) -> None:
    # The terminal may be gone, which must not keep settings from being restored.
    try:
        click.echo(f"pibench: {sentence}", err=True)
    except (OSError, ValueError):
        silence(sys.stderr)
