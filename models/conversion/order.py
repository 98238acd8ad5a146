"""The order in which TensorFlow's converter runs a network: latency follows it."""

from __future__ import annotations

from pibench.graph import Graph, Node


def in_converters_order(graph: Graph) -> Graph:
    """The same network, its branches one after the other in the alphabetical order of their names.

    What TensorFlow does when it reads a graph: it walks it depth first, the last name first, and
    takes nodes in the reverse of the order in which it leaves them. Inputs, which take no time,
    come first and keep their order, by which a file's user gives them.
    """
    left: list[Node] = []
    seen: set[str] = set()
    for root in _last_name_first(node for node in graph.nodes if not node.inputs):
        _leave_all(graph, root, seen, left)
    others = (node for node in reversed(left) if node not in graph.inputs)
    return Graph(graph.name, [*graph.inputs, *others], graph.outputs)


def _leave_all(graph: Graph, root: Node, seen: set[str], left: list[Node]) -> None:
    """Depth first, without recursion: networks are deeper than Python's stack."""
    stack = [(root, iter(_readers(graph, root)))]
    seen.add(root.name)
    while stack:
        node, readers = stack[-1]
        following = next((reader for reader in readers if reader.name not in seen), None)
        if following is None:
            left.append(node)
            stack.pop()
        else:
            seen.add(following.name)
            stack.append((following, iter(_readers(graph, following))))


def _readers(graph: Graph, node: Node) -> list[Node]:
    return _last_name_first(reader for ref in graph.output_refs(node) for reader in graph.consumers[ref])


def _last_name_first(nodes: object) -> list[Node]:
    # TensorFlow's names go on behind a slash.
    return sorted(nodes, key=lambda node: f"{node.name}/", reverse=True)
