"""The graph behind an expression, walked from its result to its leaves and printed as a tree.

    python examples/look_inside.py
    python examples/look_inside.py "(a @ b).relu().sum()"

Every tensor that was computed from one that requires grad knows the node that made it, and every
node knows the nodes of its inputs. That is all there is: `backward` walks the same edges.
"""

import argparse
from collections.abc import Iterator
from typing import Any

import rushlight as torch


def tree(node: Any, names: dict[Any, str], seen: set[Any], depth: int = 0) -> Iterator[str]:
    """Yield a line for each node. One that several others share is opened the first time only."""
    indent = "  " * depth
    if node is None:
        yield indent + "(a constant: nothing to differentiate)"
        return
    if hasattr(node, "variable"):  # where gradients end up: the leaf's .grad
        leaf = node.variable
        yield f"{indent}leaf {names.get(id(leaf), '?')} of shape {tuple(leaf.shape)}"
        return
    again = node in seen
    yield indent + node.name() + (" (see above)" if again else "")
    if again:
        return
    seen.add(node)
    for source, _ in node.next_functions:
        yield from tree(source, names, seen, depth + 1)


def main(expression: str) -> None:
    torch.manual_seed(0)
    variables = {
        "a": torch.rand(3, 3, requires_grad=True),
        "b": torch.rand(3, 3, requires_grad=True),
        "c": torch.rand(3, 3),  # does not require grad
    }
    result = eval(expression, {"torch": torch, **variables})
    print(expression)
    names = {id(tensor): name for name, tensor in variables.items()}
    print("\n".join(tree(result.grad_fn, names, set(), 1)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Print the graph of an expression of a, b, c.")
    parser.add_argument("expression", nargs="?", default="((p := a * b).exp() + p * c).sum()")
    main(parser.parse_args().expression)
