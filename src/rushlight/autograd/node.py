"""Graph nodes: one a recorded operator. A node knows where cotangents go and how to make them.

An edge is where a cotangent flows to. There are four kinds, and each is one object, so that the
eager path stores a single pointer an input (figures: docs/design/0001-core.md):

- ``None``: nowhere;
- a leaf `Tensor`: into its ``.grad``. The tensor itself stands for PyTorch's AccumulateGrad node,
  which is only made when somebody asks for it. A graph therefore keeps its leaves alive and a
  leaf knows nothing of its graphs: no reference cycle, no collector needed;
- a `Node`: the operator with one output that made the input;
- a `Slot`: one output of an operator with several.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NoReturn

from rushlight.autograd.hooks import NodeHooks, RemovableHandle, add_hook
from rushlight.autograd.saved_fields import SavedFields
from rushlight.tensor import Tensor, type_string

__all__ = [
    "FREED",
    "NOWHERE",
    "Node",
    "Nowhere",
    "Slot",
    "check_arguments",
    "end_nowhere",
    "forward_name",
    "freed_error",
    "sequence",
    "stale_error",
    "stale_input",
]

# Every node gets the next number; the engine runs larger numbers first, so consumers come before
# producers and no topological sort is needed.
sequence = itertools.count()

# Nodes of PyTorch's engine itself, which it names in full.
_ENGINE = frozenset(("AccumulateGrad", "CopyBackwards", "CopySlices", "Error", "NotImplemented"))


class _Freed:
    """Stands in ``saved`` after a backward pass that did not retain the graph."""

    def __repr__(self) -> str:
        return "FREED"

    def __bool__(self) -> bool:
        return True

    def _raise(self, *_: Any) -> Any:
        raise freed_error()

    __iter__ = __getitem__ = __len__ = _raise


FREED = _Freed()


class Node(SavedFields):
    """A recorded operator. Subclasses, one an operator, carry PyTorch's names (``AddBackward0``).

    ``edges``
        a tuple with an edge for each differentiable input;
    ``saved``
        what the formulas need: input tensors themselves, outputs as raw arrays;
    ``versions``
        the version counters' values of ``saved`` when it was saved;
    ``metas``
        None, or for each input None or the (shape, dtype) that its cotangent is fitted to.
    """

    edges: tuple[Any, ...] = ()
    saved: Any = ()
    versions: Any = ()
    metas: Any = None
    seq: int
    hooks: NodeHooks | None = None
    _metadata: dict[Any, Any] | None = None
    _known: dict[int, tuple[Any, Any]] | None = None
    renumbered: ClassVar[bool] = False  # whether the numbers may tell nothing of the order of nodes
    outputs: int = 1
    index: ClassVar[int] = 0
    takes_none: ClassVar[bool] = False  # run even where no cotangent arrived (custom Functions)
    packs: ClassVar[bool] = False  # whether hooks packed what it saved (rushlight.ops.packing)

    @property
    def owner(self) -> Node:
        """The node behind an edge: itself."""
        return self

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        """Return a cotangent for each edge that is not None; `g` is a raw ndarray.

        Each returned array is fresh, or a view (``base`` is set), or `g` itself: the engine keeps a
        fresh one as a leaf's gradient, and copies the others.
        """
        raise NotImplementedError(f"{self.name()} has no derivative")

    def vjp_graph(self, g: Any, edges: tuple[Any, ...]) -> Any:
        """As `vjp`, on Tensors: what it computes is itself recorded."""
        raise NotImplementedError(f"{self.name()} has no derivative")

    def uses(self) -> Sequence[tuple[int, ...]]:
        """For each edge the places in ``saved`` that its formula wants, where that is known."""
        return ()

    def forget_unneeded(self) -> None:
        """Let go of what was saved for edges that turned out to lead nowhere.

        PyTorch has not saved a value then that only one of the derivatives wants.
        """
        uses = self.uses()
        if uses and self.saved and type(self.saved) is tuple:
            every = [i for places in uses for i in places]
            wanted = {i for i in every if every.count(i) > 1}
            for edge, places in zip(self.edges, uses):
                wanted.update(() if edge is None else places)
            self.saved = tuple([x if i in wanted else None for i, x in enumerate(self.saved)])
            if any(x is not None for x in self.saved):
                return
        if all(edge is None for edge in self.edges):
            self.saved = ()
            self.vjp = self.vjp_graph = no_cotangents  # type: ignore[method-assign]

    def check_saved(self) -> None:
        """Raise what a formula would on its way: for values that were freed, or written since."""
        if self.saved is FREED:
            raise freed_error()
        if self.saved:
            self.read_saved()

    def name(self) -> str:
        """Return PyTorch's name of the node."""
        name = type(self).__name__
        return f"torch::autograd::{name}" if name in _ENGINE else name

    @property
    def metadata(self) -> dict[Any, Any]:
        """A dictionary for whoever wants to tag the node."""
        if self._metadata is None:
            self._metadata = {}
        return self._metadata

    def positions(self) -> tuple[str, ...]:
        """The formulas' names of what ``saved`` holds: the keys, or names of its first places."""
        return ()

    def adopt(self) -> Any:
        """Let what hooks unpacked take effect among ``params``; return these as they were, or None.

        For nodes that compute with arrays which they also hold as saved tensors.
        """
        return None

    def settings(self) -> dict[str, Any]:
        """What else the formulas are given, by name: numbers, shapes, flags."""
        return {}

    def own_hooks(self) -> NodeHooks:
        """Return the node's hooks, made when first asked for."""
        if self.hooks is None:
            self.hooks = NodeHooks()
        return self.hooks

    @property
    def requires_grad(self) -> bool:
        """True: what requires no gradient has no node."""
        return True

    def __call__(self, *grad_outputs: Any) -> Any:
        """Apply the node's derivative to cotangents of its outputs: what it sends to its inputs.

        One result, or a tuple for several inputs. Recorded where grad mode is on. No hooks run.
        """
        check_arguments(grad_outputs, self.outputs)
        if all(g is None for g in grad_outputs) and not self.takes_none:
            results: tuple[Any, ...] = (None,) * len(self.edges)
        else:
            g = grad_outputs[0] if self.outputs == 1 else list(grad_outputs)
            results = tuple(self.vjp_graph(g, self.edges))
        return results[0] if len(results) == 1 else results

    def remember(self, index: int, array: Any) -> Node:
        """Note the shape and dtype of an output, which operators don't, and return the node."""
        if self._known is None:
            self._known = {}
        self._known.setdefault(index, (array.shape, array.dtype))
        return self

    def meta_of(self, index: int) -> tuple[Any, Any] | None:
        """The shape and dtype of an output, where somebody has asked a tensor for this node."""
        if not 0 <= index < self.outputs:
            raise IndexError("tuple index out of range")
        return None if self._known is None else self._known.get(index)

    @property
    def _input_metadata(self) -> tuple[Any, ...]:
        """What the node knows of the cotangents it takes: shape, dtype, device of each output."""
        from rushlight._C._autograd import InputMetadata  # seldom asked for

        return tuple([InputMetadata(self.meta_of(i)) for i in range(self.outputs)])

    def _register_hook_dict(self, tensor: Tensor) -> None:
        """Let the node run the hooks in the tensor's ``_backward_hooks``: it does, by itself."""
        if not isinstance(tensor, Tensor):
            raise TypeError(f"argument 'tensor' must be a Tensor, not {type(tensor).__name__}")

    def register_hook(self, fn: Callable[..., Any]) -> RemovableHandle:
        """Call ``fn(grad_inputs, grad_outputs)`` after the node ran; it may return other inputs."""
        return add_hook(self.own_hooks().post, fn)

    def register_prehook(self, fn: Callable[..., Any]) -> RemovableHandle:
        """Call ``fn(grad_outputs)`` before the node runs; it may return other cotangents."""
        return add_hook(self.own_hooks().pre, fn)

    def _sequence_nr(self) -> int:
        return self.seq

    def _set_sequence_nr(self, sequence_nr: int) -> None:
        """Let the node run before others that are ready and have smaller numbers."""
        self.seq = int(sequence_nr)
        Node.renumbered = True

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError(f"cannot pickle '{type(self).__name__}' object")

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """A pair (node, output number) for each input, (None, 0) where no gradient flows."""
        from rushlight.autograd.leaf import accumulator

        pairs: list[tuple[Any, int]] = []
        for edge in self.edges:
            if edge is None:
                pairs.append((None, 0))
            elif isinstance(edge, (Node, Slot)):
                pairs.append((edge.owner, edge.index))
            else:
                pairs.append((accumulator(edge), 0))
        return tuple(pairs)


def check_arguments(tensors: tuple[Any, ...], count: int) -> None:
    """Refuse another number of arguments than `count`, and what is neither a Tensor nor None."""
    if len(tensors) != count:
        raise TypeError(f"expected {count} arguments, got {len(tensors)} instead")
    for i, t in enumerate(tensors):
        if t is not None and not isinstance(t, Tensor):
            raise TypeError(f"argument {i} is not a Variable")


def no_cotangents(g: Any, edges: tuple[Any, ...]) -> Any:
    """The formula of a node none of whose inputs wants a cotangent."""
    return (None,) * len(edges)


class Nowhere(Node):
    """An edge that requires grad and has no end: cotangents that arrive are dropped.

    A view that was made under `no_grad` requires grad because its base does, and has no node of
    its own. What is computed from it is recorded, with this edge; to the program it shows None.
    """

    seq = -1

    @property
    def owner(self) -> Any:
        """No node: the end of the path."""
        return None

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        return ()

    vjp_graph = vjp


NOWHERE = Nowhere()


def end_nowhere(counts: dict[Any, int]) -> None:
    """Take the edges to `NOWHERE` out of a graph, for good: nothing is to be computed for them.

    A node of one input still looks at what it saved, as PyTorch's do.
    """
    del counts[NOWHERE]
    for node in counts:
        if isinstance(node, Node) and NOWHERE in node.edges:
            node.edges = tuple([None if edge is NOWHERE else edge for edge in node.edges])
            if len(node.edges) > 1:
                node.forget_unneeded()


class Slot:
    """Output number `index` of a node that has several: what such an output's edge points to."""

    __slots__ = ("__weakref__", "index", "owner")

    def __init__(self, owner: Node, index: int) -> None:
        self.owner = owner
        self.index = index


def freed_error() -> RuntimeError:
    """The error for a second walk through a freed graph."""
    return RuntimeError(
        "Trying to backward through the graph a second time (or directly access saved tensors "
        "after they have already been freed). Saved intermediate values of the graph are freed "
        "when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to "
        "backward through the graph a second time or if you need to access saved tensors after "
        "calling backward."
    )


def forward_name(fn: Node) -> str:
    """What errors call the operation that made a tensor: ``Sum1`` for ``SumBackward1``."""
    name = fn.name()
    start, _, number = name.rpartition("Backward")
    if not start or not (number.isdigit() or not number):
        return name
    return start if number == "0" else start + number


def stale_error(array: Any, fn: Node | None, index: int, found: int, expected: int) -> RuntimeError:
    """The error for a saved tensor, output `index` of `fn`, that was changed in place since."""
    from rushlight.autograd.anomaly_mode import is_anomaly_enabled  # which knows nodes

    what = f"[{type_string(array)} {list(array.shape)}]"
    if fn is not None:
        what += f", which is output {index} of {forward_name(fn)},"
    return RuntimeError(
        "one of the variables needed for gradient computation has been modified by an inplace "
        f"operation: {what} is at version {found}; expected version {expected} instead. Hint: "
        + _HINTS[is_anomaly_enabled()]
    )


_HINTS = {
    False: "enable anomaly detection to find the operation that failed to compute its gradient, "
    "with torch.autograd.set_detect_anomaly(True, check_nan=False).",
    True: "the backtrace further above shows the operation that failed to compute its gradient. "
    "The variable in question was changed in there or anywhere later. Good luck!",
}


def stale_input(x: Tensor, version: int) -> RuntimeError:
    """The error for a saved input that an in-place operation changed since."""
    return stale_error(x._array, x.grad_fn, x.output_nr, x._counter[0], version)
