"""The order in which TensorFlow's converter puts a network's operations."""

from __future__ import annotations

from pibench.graph.graph import Graph, Node


def in_converter_order(graph: Graph) -> Graph:
    """The same network with its nodes as the converter would run them.

    Which is the reverse order in which a depth-first search from the inputs leaves the nodes,
    having gone through the readers of each from the last name to the first.
    """
    left: list[Node] = []
    entered: set[str] = set()
    stack = [(node, False) for node in sorted(graph.inputs, key=_name)]
    while stack:
        node, is_done = stack.pop()
        if is_done:
            left.append(node)
        elif node.name not in entered:
            entered.add(node.name)
            stack.append((node, True))
            readers = (reader for ref in graph.output_refs(node) for reader in graph.consumers[ref])
            stack.extend((reader, False) for reader in sorted(readers, key=_name))
    return Graph(graph.name, reversed(left), graph.outputs)


def _name(node: Node) -> str:
    return node.name
