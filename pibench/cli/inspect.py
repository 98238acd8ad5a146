"""``pibench inspect``."""

from __future__ import annotations

import click
import msgspec

from pibench.graph import Graph, LayerCost, layer_costs
from pibench.subject import kind_of, load_graph
from pibench.words.numbers import count, kibibytes, shape


@click.command()
@click.argument("subject")
@click.option("--deployed", is_flag=True, help="As the runtime gets it: batch norm folded, activations fused.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output, nothing else.")
def command(subject: str, deployed: bool, as_json: bool) -> None:
    """Show a network layer by layer: operation, shapes, MACs, parameters, bytes.

    SUBJECT is a .tflite file or an architecture with parameters. MACs are the
    multiply-accumulates of convolutions and dense layers; bytes are what a layer reads and
    writes, weights included, each tensor once.
    """
    graph = load_graph(subject)
    if deployed and kind_of(subject) == "architecture":
        from pibench.tflite import lower

        graph = lower(graph).graph
    layers = layer_costs(graph)
    if as_json:
        click.echo(msgspec.json.encode(_document(graph, layers)).decode())
    else:
        _show(graph, layers)


def _document(graph: Graph, layers: list[LayerCost]) -> dict[str, object]:
    return {
        "name": graph.name,
        "inputs": [{"name": node.name, **msgspec.to_builtins(graph.spec(node.name))} for node in graph.inputs],
        "outputs": [{"name": ref, **msgspec.to_builtins(graph.spec(ref))} for ref in graph.outputs],
        "macs": graph.total_macs,
        "parameters": graph.total_parameters,
        "trainable_parameters": graph.trainable_parameters,
        "bytes_moved": sum(layer.bytes_moved for layer in layers),
        "uncounted_ops": graph.uncounted_ops,
        "layers": [{**msgspec.to_builtins(layer), "bytes_moved": layer.bytes_moved} for layer in layers],
    }


def _show(graph: Graph, layers: list[LayerCost]) -> None:
    from rich.table import Table
    from rich.text import Text

    from pibench.cli.console import wide_console

    table = Table(box=None, pad_edge=False, header_style="bold", show_footer=True, footer_style="bold")
    table.add_column("layer", footer="total", overflow="fold", min_width=16)
    table.add_column("operation", no_wrap=True)
    table.add_column("input", justify="right", overflow="fold")
    table.add_column("output", justify="right", overflow="fold")
    table.add_column("MACs", justify="right", footer=count(graph.total_macs), no_wrap=True)
    table.add_column("parameters", justify="right", footer=count(graph.total_parameters), no_wrap=True)
    moved = sum(layer.bytes_moved for layer in layers)
    table.add_column("KiB", justify="right", footer=kibibytes(moved), no_wrap=True)
    for layer in layers:
        table.add_row(
            Text(layer.name),
            Text(layer.op),
            ", ".join(map(shape, layer.input_shapes)),
            ", ".join(map(shape, layer.output_shapes)),
            count(layer.macs) if layer.macs else "",
            count(layer.parameters) if layer.parameters else "",
            kibibytes(layer.bytes_moved),
        )
    console = wide_console()
    console.print(table)
    if graph.uncounted_ops:
        names = ", ".join(graph.uncounted_ops)
        console.print(f"MACs lack operations that pibench does not know: {names}", highlight=False, markup=False)
