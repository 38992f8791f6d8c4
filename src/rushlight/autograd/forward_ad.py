"""Forward mode: tensors that carry a tangent along.

>>> import rushlight as torch
>>> import rushlight.autograd.forward_ad as fwAD
>>> with fwAD.dual_level():
...     x = fwAD.make_dual(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 0.0]))
...     fwAD.unpack_dual(x * x).tangent
tensor([2., 0.])

A dual tensor is a `Dual`, a subclass of Tensor that the fast paths' type test doesn't know, so
plain work pays nothing for it. Every Operator on a Dual runs twice: on the primals as ever (it may
be recorded for reverse mode), and as its own forward rule on the tangents, which are Tensors that
may be recorded too. A node that was recorded on duals keeps the duals, so that a backward pass
through it gives gradients with tangents: forward over reverse.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, NamedTuple
from weakref import WeakSet, WeakValueDictionary

import numpy as np

from rushlight.autograd.modes import _Decorator, mode
from rushlight.autograd.node import Node
from rushlight.kernels.flipped import like
from rushlight.kernels.strides import buffer_of, element_strides, strided_view
from rushlight.tensor import Tensor, bare, new, wrap

__all__ = [
    "Dual",
    "UnpackedDualTensor",
    "dual_level",
    "enter_dual_level",
    "exit_dual_level",
    "make_dual",
    "unpack_dual",
]


_current_level = -1  # of the process: other threads see a level that is open, as in PyTorch


class _Levels:
    serial: int = 0  # counts the levels that were ever opened: a dual belongs to one of them
    duals: WeakValueDictionary[int, Any]  # tensors that have a tangent, by identity
    outputs: WeakSet[Any]  # saved by nodes, with tangents: to be taken from them with the level


_levels = _Levels()


class _Interpreter:
    """What `dispatch` finds on a Dual: runs an Operator on primals and on tangents."""

    level = 0
    # What an in-place operation does to tangents: see rushlight.ops.duals, which sets these.
    overwrite: Callable[[Tensor, Tensor], None]
    remember: Callable[[Tensor], Tensor]
    identity: Callable[[Tensor], Tensor]  # the view that `unpack_dual` gives of a primal

    def again(self, dual: Any) -> Tensor:
        """Return another tensor of the same values and tangent, without history."""
        return as_dual(bare(_twin(dual)), dual._tangent)

    def lift(self, t: Tensor) -> Tensor:
        """A dual's history is its primal's, so that a plain tensor is no stranger here."""
        return t

    def become(self, t: Tensor, view: Any) -> None:
        """Let `t` be what a view of it is."""
        as_dual(t, view._tangent)

    def check_copy(self, t: Tensor, source: Tensor) -> None:
        """Any tensor can take a tangent."""

    def write(self, t: Tensor, result: Tensor) -> None:
        """Copy the primal values of `result` over those of `t`."""
        np.copyto(t._array, result._array, casting="unsafe")
        t._counter[0] += 1

    def process(self, op: Any, args: Sequence[Any]) -> Any:
        """Run `op` on the primals, push the tangents, and pair the results."""
        primals = [primal(a) for a in args]
        tangents = [tangent(a) for a in args]
        outs = op.general(*primals)  # its nodes say by name what they saved
        # The tangents' graph may keep outputs. These become duals, which keep the tangents: twins
        # of the outputs spare us the circle.
        twins = tuple([_twin(out) for out in outs]) if type(outs) is tuple else _twin(outs)
        pushed = op.push(primals, tangents, twins)
        if not op.view:
            pushed = _unshared(pushed, tangents)
        elif primals[0] is not args[0]:  # the base is the dual, whose history a write changes
            for out in outs if type(outs) is tuple else (outs,):
                if out._edge.base is primals[0]:
                    out._edge.base = args[0]
        if type(outs) is tuple:
            return tuple(self.pair(out, t, primals, args) for out, t in zip(outs, pushed))
        return self.pair(outs, pushed, primals, args)

    def pair(
        self, out: Tensor, t: Tensor | None, primals: Sequence[Any], args: Sequence[Any]
    ) -> Tensor:
        """Make a Dual of an output with a tangent, and let its node keep the duals it read."""
        fn = out.grad_fn
        if fn is not None:
            keep_duals(fn, primals, args, out, t)
        return out if t is None else as_dual(out, t)


def _unshared(pushed: Any, tangents: Sequence[Tensor | None]) -> Any:
    """Copy tangents that came through as they were: an in-place write must not reach the input."""
    if type(pushed) is tuple:
        return tuple(_unshared(t, tangents) for t in pushed)
    if pushed is not None:
        memory = buffer_of(pushed._array)
        if any(t is not None and buffer_of(t._array) is memory for t in tangents):
            return pushed.clone()
    return pushed


class Dual(Tensor):
    """A Tensor with a tangent, for as long as its level is open. Make one with `make_dual`."""

    _interpreter = _Interpreter()
    _tangent: Tensor
    _level: int
    _plain: type[Tensor]  # what it was before, and is again after the level


# Users see a Tensor. That it is another type lets the fast paths' one type test pass it by.
Dual.__name__ = Dual.__qualname__ = "Tensor"
Dual.__module__ = Tensor.__module__


def as_dual(t: Tensor, tangent: Tensor) -> Tensor:
    """Turn `t` itself into a Dual of the current level."""
    if type(t) is not Dual:
        t.__dict__["_plain"] = type(t)
        t.__class__ = Dual
        _levels.duals[id(t)] = t
    t._tangent = tangent  # type: ignore[attr-defined]
    t._level = _levels.serial  # type: ignore[attr-defined]
    return t


def primal(a: Any) -> Any:
    """The tensor without its tangent, with the same history."""
    return _twin(a) if type(a) is Dual else a


def _twin(t: Tensor) -> Tensor:
    """Another Tensor of the same memory, version and history, without a tangent."""
    out = new(Tensor)
    out._array = t._array
    out._counter = t._counter
    out._edge = t._edge
    return out


def tangent(a: Any) -> Tensor | None:
    """The tangent of a Dual whose level is still open, or None, also where tangents are off."""
    if type(a) is Dual and _is_open(a) and mode.forward:
        return a._tangent
    return None


def _is_open(dual: Any) -> bool:
    return bool(_current_level >= 0 and dual._level == _levels.serial)


def forget_tangent(t: Tensor) -> None:
    """Let a Dual be what it was before."""
    if type(t) is Dual:
        own = t.__dict__
        t.__class__ = own.pop("_plain")
        del own["_tangent"], own["_level"]
        _levels.duals.pop(id(t), None)


def keep_duals(
    fn: Node, primals: Sequence[Any], args: Sequence[Any], out: Tensor, t: Tensor | None
) -> None:
    """Let a new node save and point to the duals that its primals came from."""
    duals = {id(p): a for p, a in zip(primals, args) if p is not a}
    fn.edges = tuple(duals.get(id(edge), edge) for edge in fn.edges)
    saved = fn.saved
    if type(saved) is not dict:
        return
    for name, value in saved.items():
        if id(value) in duals:
            saved[name] = duals[id(value)]
        elif t is not None and getattr(value, "array", None) is out._array:
            value.twin = as_dual(bare(out), t)
            _levels.outputs.add(value)
        elif hasattr(value, "origin"):  # packed by hooks, which see no tangents
            dual = duals.get(id(value.origin()))
            value.twin = tangent(dual) if value.output is None else t
            _levels.outputs.add(value)


class _set_fwd_grad_enabled(_Decorator):
    """Switch tangents on or off in this thread: at once, and back at a context manager's exit."""

    def __init__(self, mode: bool) -> None:
        self.before = _is_fwd_grad_enabled()
        self.wanted = mode
        self.__enter__()

    def clone(self) -> _set_fwd_grad_enabled:
        return _set_fwd_grad_enabled(self.wanted)

    def __enter__(self) -> None:
        mode.forward = self.wanted

    def __exit__(self, *_: Any) -> None:
        mode.forward = self.before


def _is_fwd_grad_enabled() -> bool:
    """Whether operators push tangents in this thread: not in inference mode, for one."""
    return mode.forward


class dual_level(_Decorator):
    """Context manager and decorator: dual tensors exist inside, their tangents are gone after it.

    Levels do not nest: entering a second one raises RuntimeError, as in PyTorch.
    """

    def __enter__(self) -> int:
        return enter_dual_level()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        exit_dual_level()


def enter_dual_level() -> int:
    """Open a level and return its number; prefer the context manager `dual_level`."""
    global _current_level
    if _current_level >= 0:
        raise RuntimeError("Nested forward mode AD is not supported at the moment")
    _current_level += 1
    _levels.serial += 1
    _levels.duals = WeakValueDictionary()
    _levels.outputs = WeakSet()
    return _current_level


def exit_dual_level(*, level: int | None = None) -> None:
    """Close the level that was opened last: its duals are plain tensors again.

    A node that saved its output has the output's tangent, and the tangent's graph leads back to
    the node: the circle ends here.
    """
    global _current_level
    if level is None:
        level = _current_level
    if level < 0:
        raise RuntimeError("Dual level must be a positive number.")
    if level != _current_level:
        raise RuntimeError(
            "Trying to exit a forward AD level that was not the last one that was created. This "
            "is not supported."
        )
    _current_level -= 1
    for dual in list(_levels.duals.values()):
        forget_tangent(dual)
    for output in list(_levels.outputs):
        output.twin = None
    _levels.outputs.clear()


def make_dual(tensor: Tensor, tangent: Tensor, *, level: int | None = None) -> Tensor:
    """Return a view of `tensor` that carries `tangent`, which has the same shape.

    Raises RuntimeError outside of a dual level, and ValueError for other than floating point.
    Where tangents are off (in inference mode) the view carries its tangent unseen.
    """
    level = _current_level if level is None else level
    if level < 0:
        raise RuntimeError(
            "Trying to create a dual Tensor for forward AD but no level exists, make sure to "
            "enter_dual_level() first."
        )
    if not (tensor.is_floating_point() or tensor.is_complex()):
        raise ValueError(
            f"Expected primal to be floating point or complex, but got: {tensor.dtype}"
        )
    if not (tangent.is_floating_point() or tangent.is_complex()):
        raise ValueError(
            f"Expected tangent to be floating point or complex, but got: {tangent.dtype}"
        )
    if level != 0:
        raise RuntimeError("Invalid level given to _make_dual")
    if _current_level < 0:
        raise RuntimeError(
            "Trying to access a forward AD level with an invalid index. This index was either not "
            "created or is already deleted."
        )
    check_tangent(tensor, tangent)
    if type(tensor) is Dual and _is_open(tensor):
        raise RuntimeError(
            "Making a dual Tensor based on a Tensor that already has a forward gradient at the "
            f"same level {level} is not supported."
        )
    if tensor._interpreter is not None and type(tensor) is not Dual:
        raise RuntimeError(
            "Batching rule not implemented for aten::_make_dual; the fallback path doesn't work on "
            "out= or view ops."
        )
    if type(tangent) is Dual and _is_open(tangent):
        raise RuntimeError(
            "Setting a forward grad that itself has a forward gradient at the same level"
            f"{level} is not supported."
        )
    if tangent._interpreter is None and not _lie_alike(tensor, tangent):
        tangent = zeros_in_memory(tensor, tangent._array.dtype).copy_(tangent)
    plain = primal(tensor)
    return as_dual(plain.view_as(plain), tangent)


def _lie_alike(a: Tensor, b: Tensor) -> bool:
    """Whether two tensors have the same place in buffers of as many elements, and one's bits."""
    x, y = a._array, b._array
    if a.stride() != b.stride() or type(x) is not type(y):
        return False
    same = buffer_of(x).nbytes * y.itemsize == buffer_of(y).nbytes * x.itemsize
    return same and (x.size == 0 or a.storage_offset() == b.storage_offset())


def zeros_in_memory(t: Tensor, dtype: Any) -> Tensor:
    """Zeros that lie in their buffer as `t` does in its, so that every view of `t` fits them."""
    x = t._array
    blank = np.zeros(buffer_of(x).nbytes // x.itemsize, dtype)
    view = strided_view(blank, x.shape, element_strides(x), t.storage_offset())
    return wrap(like(view, type(x)))


def check_tangent(tensor: Tensor, tangent: Tensor) -> None:
    """Raise RuntimeError for a tangent of another shape than its primal's."""
    if tangent.shape != tensor.shape:
        raise RuntimeError(
            "Trying to set a forward gradient that has a different size than that of the original "
            "Tensor, this is not supported. Tensor is of size "
            f"{list(tensor.shape)} while the given forward gradient is of size "
            f"{list(tangent.shape)}."
        )


def no_forward_rule(function: str) -> NotImplementedError:
    """PyTorch's error for a function of duals that has no derivative in forward mode."""
    return NotImplementedError(
        f"Trying to use forward AD with {function} that does not support it because it has not "
        "been implemented yet.\nPlease file an issue to PyTorch at https://github.com/pytorch/"
        "pytorch/issues/new?template=feature-request.yml so that we can prioritize its "
        "implementation."
    )


class UnpackedDualTensor(NamedTuple):
    """What `unpack_dual` returns: the primal, and the tangent or None."""

    primal: Tensor
    tangent: Tensor | None


def unpack_dual(tensor: Tensor, *, level: int | None = None) -> UnpackedDualTensor:
    """Take a dual tensor apart: a view of it without its tangent, and the tangent.

    A plain one has tangent None. Outside of a level the tensor itself is its primal.
    """
    level = _current_level if level is None else level
    if level < 0:
        return UnpackedDualTensor(tensor, None)
    if level != 0 and type(tensor) is Dual:
        raise RuntimeError("Invalid level given to _fw_primal")
    return UnpackedDualTensor(Dual._interpreter.identity(tensor), tangent(tensor))
