"""The ``pibench`` command and how its errors end."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import click

from pibench import __version__
from pibench.cli.lazy import lazy
from pibench.cli.streams import Tolerant, silence
from pibench.errors import EXIT_ERROR, EXIT_INTERRUPTED, PibenchError

COMMANDS = {
    "bench": "Time networks on this machine and write a report.",
    "ab": "Compare two networks, or one under two conditions, live and interleaved.",
    "compare": "Compare two saved reports: how many times as long NEW takes as BASE, and a verdict, for each subject.",
    "history": "Show the figures of many reports over time, and mark the steps.",
    "ops": "Time the forms that a layer can take, side by side.",
    "profile": "Tell where a network's time goes, layer by layer, in two ways that check each other.",
    "roofline": "Measure what this board can do at the most: arithmetic, and bytes from memory.",
    "table": "Latency tables: measure layers, predict networks, check, export.",
    "report": "Show a saved report, or write it as a page, a table, rows, or pytest-benchmark's JSON.",
    "soak": "Run one network for minutes: what the board sustains, and when it throttles.",
    "zoo": "List the architectures: parameters, MACs, and what the thesis measured of them.",
    "train": "Train a network on CIFAR-10 or CIFAR-100.",
    "evaluate": "Tell the accuracy of trained networks on the test images, in Keras and as .tflite files.",
    "export": "Write a trained network as a float .tflite file.",
    "pareto": "Set error against measured latency, and tell which networks are on the front, surely or perhaps.",
    "build": "Write a network as a .tflite file.",
    "inspect": "Show a network layer by layer: operation, shapes, MACs, parameters, bytes.",
    "doctor": "Tell which settings of this machine disturb timing, and how to change them.",
    "schema": "Print the JSON Schema of a report, of a latency table, or of a training's metrics.",
}


@click.group(cls=lazy("pibench.cli", COMMANDS), context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pibench")
def cli() -> None:
    """How long does this network take on this board, and why?

    A SUBJECT is a .tflite file, or an architecture with its parameters:

    \b
        pibench bench model.tflite
        pibench bench mobilenet_v2:depth=9,width=16,expansion=4,se=2
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; ends the process with the documented exit code."""
    # A polite kill or a lost terminal ends a run as Ctrl-C does: workers ended, report saved.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    # A service may run without streams.
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115  (until the process ends)
    sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        # A terminal that knows no ± is no reason to lose a table.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    sys.stdout = Tolerant(sys.stdout)
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Run a command line and return its exit code; errors meant for people are printed here."""
    try:
        result: Any = cli.main(arguments or ["--help"], prog_name="pibench", standalone_mode=False, obj=arguments)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except PibenchError as error:
        click.echo(f"pibench: {error}", err=True)
        if error.detail:
            click.echo(error.detail, err=True)
        return error.exit_code
    except click.ClickException as error:
        click.echo(f"pibench: {error.format_message()}", err=True)
        return EXIT_ERROR
    except (click.Abort, KeyboardInterrupt):
        click.echo("pibench: interrupted", err=True)
        return EXIT_INTERRUPTED
    except (OSError, MemoryError) as error:
        silence(sys.stdout)
        click.echo(f"pibench: {str(error) or 'out of memory'}", err=True)
        return EXIT_ERROR
