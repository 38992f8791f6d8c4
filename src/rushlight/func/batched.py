"""The tensors and the level of `vmap`: one example to look at, all of them inside.

A `Batched` tensor shows its program the shape of one example. Its value has the examples along
dimension 0, or is the same for all of them (`mapped` is False). Where they lay when the program's
call of `vmap` said so is noted (`place`), for those who look at all examples themselves. An
Operator finds its batching rule in `rushlight.func.rules`; without one the examples run one by one,
which is right but slow, and is said once.
"""

from __future__ import annotations

import sys
import textwrap
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from rushlight.func.levels import Level, Lifted
from rushlight.ops.operator import Operator
from rushlight.ops.shape import stack
from rushlight.ops.views import select
from rushlight.tensor import Tensor, bare

__all__ = ["DYNAMIC_MASK", "BatchLevel", "Batched", "Shadow"]

new = object.__new__
DYNAMIC_MASK = (
    "vmap: We do not support batching operators that can support dynamic shape. Attempting to "
    "batch over indexing with a boolean mask."
)


class Shadow(np.ndarray[Any, Any]):
    """The array of a Batched tensor: shape, strides and dtype of one example, and no values.

    Whatever would read or write values through it instead of going through an Operator has not
    been told of vmap; it raises, where it would have calculated with the first example only.
    """

    _interpreter: BatchLevel | None = None
    _tensor: Tensor  # whose array this is, without its history

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise RuntimeError("vmap: the values of a batched tensor were used outside of an operator")

    def item(self, *_: Any) -> NoReturn:
        """Refuse a Python number, of which there would be many."""
        raise RuntimeError(
            "vmap: It looks like you're calling .item() on a Tensor. We don't support vmap over "
            "calling .item() on a Tensor, please try to rewrite what you're doing with other "
            "operations. If error is occurring somewhere inside PyTorch internals, please file a "
            "bug report."
        )

    def __bool__(self) -> NoReturn:
        raise RuntimeError(
            "vmap: It looks like you're attempting to use a Tensor in some data-dependent control "
            "flow. We don't support that yet, please file an issue at "
            "https://github.com/pytorch/pytorch/issues ."
        )

    def tolist(self) -> NoReturn:
        """Refuse Python numbers."""
        raise RuntimeError("Cannot access data pointer of Tensor that doesn't have storage")

    def view(self, *args: Any) -> Any:  # type: ignore[override]
        """Refuse what `Tensor.numpy` hands out; other dtypes and classes are views of a shape."""
        return super().view(*args) if args else self.tolist()

    def nonzero(self) -> NoReturn:
        """Refuse what a mask among other indices asks for."""
        raise RuntimeError(DYNAMIC_MASK)

    __array_ufunc__ = __array_function__ = _refuse
    __int__ = __float__ = __complex__ = __index__ = __setitem__ = _refuse
    tobytes = fill = copy = astype = take = put = _refuse
    any = all = sum = prod = min = max = argmin = argmax = sort = argsort = repeat = _refuse


class Batched(Lifted):
    """A tensor under `vmap`. Users see a Tensor of one example's shape."""

    _interpreter: BatchLevel
    _mapped: bool
    _place = 0  # which dimension of the caller's tensor has the examples

    def __repr__(self) -> str:
        inner = textwrap.indent(repr(self._interpreter.unmoved(self)[0]), "    ")
        return f"{self.kind()}, value=\n{inner}\n)"

    def kind(self) -> str:
        where = f"bdim={self._place if self._mapped else None}"
        return f"BatchedTensor(lvl={self._interpreter.level}, {where}"

    def item(self) -> Any:
        """Refuse, whatever the number of elements."""
        return self._array.item()

    __float__ = __int__ = __complex__ = item

    def __bool__(self) -> bool:
        return bool(self._array)

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if self.ndim == 0 else object.__format__(self, spec)

    def data_ptr(self) -> NoReturn:
        """Refuse: nothing lies there that is one example's."""
        raise RuntimeError("Cannot access data pointer of Tensor that doesn't have storage")

    def storage(self, *_: Any) -> NoReturn:
        """Refuse, for the same reason."""
        raise NotImplementedError("Cannot access storage of BatchedTensorImpl")

    untyped_storage = share_memory_ = __deepcopy__ = __reduce_ex__ = storage

    def resize_(self, *size: Any, **options: Any) -> NoReturn:
        """Refuse: the memory between the examples can't grow or shrink."""
        raise RuntimeError("vmap: resize_ of a batched tensor is not supported")

    @property
    def _base(self) -> None:
        """None: what a view is of is the matter of all examples."""

    def _is_view(self) -> bool:
        """False, for the same reason."""
        return False

    @property
    def data(self) -> NoReturn:
        """Refuse: there is no telling what becomes of the examples."""
        raise RuntimeError("accessing `data` under vmap transform is not allowed")

    @data.setter
    def data(self, value: Any) -> NoReturn:
        """Refuse, as above."""
        raise RuntimeError("mutating directly with `.data` under vmap transform is not allowed.")


class BatchLevel(Level):
    """One run of `vmap`: how many examples it has, and what random numbers they get."""

    def __init__(self, size: int, randomness: str) -> None:
        from rushlight.func.rules import rule_of  # imports every family of operators

        self.size = size
        self.randomness = randomness
        self.rule_of = rule_of

    def batched(self, value: Tensor) -> Batched:
        """Make a tensor with the examples `value[0]`, `value[1]`, ..."""
        array = value._array
        out = new(Batched)
        one = array[0, ...] if self.size else np.empty(array.shape[1:], array.dtype)
        out._array = one.view(Shadow)
        return self._finish(out, value, True)

    def batched_along(self, value: Tensor, place: int) -> Batched:
        """Make a tensor of the examples that `value` has along dimension `place`."""
        if place == 0:
            return self.batched(value)
        out = self.batched(value.movedim(place, 0))
        out._place = place
        return out

    def lift(self, t: Tensor) -> Batched:
        """Make a tensor that is the same in all examples."""
        out = new(Batched)
        out._array = t._array.view(Shadow)
        return self._finish(out, t, False)

    def _finish(self, out: Batched, value: Tensor, mapped: bool) -> Batched:
        out._interpreter = self
        out._value = value
        out._mapped = mapped
        out._counter = value._counter
        if value._array.dtype.kind in "biu":  # it may become an index, of which arrays are kept
            shadow: Any = out._array
            shadow._interpreter = self
            shadow._tensor = bare(out)
            shadow._tensor._array = None  # else a circle
        return out

    def is_mapped(self, a: Any) -> bool:
        """Whether an argument differs between examples."""
        if isinstance(a, Tensor):
            return a._interpreter is self and a._mapped
        if type(a) is Shadow:
            return self.is_mapped(a._tensor)
        return type(a) is tuple and any(self.is_mapped(part) for part in a)

    def value(self, a: Any) -> Any:
        """All examples of a tensor of this level, or of an array that stands for one."""
        return self.value(a._tensor)._array if type(a) is Shadow else super().value(a)

    def example(self, a: Any, i: int) -> Any:
        """An argument of example number `i`."""
        if not self.is_mapped(a):
            return self.value(a)
        if type(a) is tuple:
            return tuple([self.example(part, i) for part in a])
        if type(a) is Shadow:
            return self.example(a._tensor, i)._array
        return select(a._value, (i,))

    def unmoved(self, a: Any) -> tuple[Any, int | None]:
        """An argument one level down as the caller of `vmap` laid it out, and the mapped dimension.

        A rule of one's own is given these; operators' rules find the examples in front.
        """
        if not self.is_mapped(a):
            return self.value(a), None
        value, place = a._value, a._place
        return (value if place == 0 else value.movedim(0, place)), place

    def result_like(self, a: Batched, out: Tensor) -> Batched:
        """Lift a result that has the examples where `a` has them."""
        made = self.batched(out) if a._mapped else self.lift(out)
        made._place = a._place
        return made

    def become(self, t: Any, view: Any) -> None:
        super().become(t, view)
        t._place = view._place

    def results(self, outs: Any, mapped: bool = True) -> Any:
        """Lift what an Operator returned one level down."""
        make: Callable[[Tensor], Batched] = self.batched if mapped else self.lift
        if type(outs) is tuple or type(outs) is list:
            return tuple([make(out) for out in outs])
        return make(outs)

    def run(self, op: Operator, args: Sequence[Any]) -> Any:
        for a in args:
            if self.is_mapped(a):
                break
        else:
            return self.results(op(*[self.value(a) for a in args]), mapped=False)
        rule = self.rule_of(op)
        if rule is None:
            _warn(op)
            return self.loop(op, args)
        return rule(op, self, args)

    def loop(self, op: Operator, args: Sequence[Any]) -> Any:
        """Run an Operator on each example by itself."""
        if self.size == 0:
            raise RuntimeError(
                f"Batching rule not implemented for aten::{op.name}. The fallback path does not "
                "support vmap over dims of size 0."
            )
        rows = [op(*[self.example(a, i) for a in args]) for i in range(self.size)]
        _check_alike(rows)
        if type(rows[0]) is tuple:
            return self.results(tuple([stack(0, *column) for column in zip(*rows)]))
        return self.results(stack(0, *rows))

    def check_whole(self, function: str) -> NoReturn:
        if function == "allclose":
            raise RuntimeError(
                "vmap over torch.allclose isn't supported yet. Please file an issue at "
                "https://github.com/pytorch/pytorch/issues if you need this feature."
            )
        raise RuntimeError(
            f"Batching rule not implemented for aten::{function}. We could not generate a fallback."
        )

    def check_copy(self, t: Any, source: Tensor) -> None:
        if self.is_mapped(source) and not self.is_mapped(t):
            raise RuntimeError(
                "vmap: inplace arithmetic(self, *extra_args) is not possible because there exists "
                "a Tensor `other` in extra_args that has more elements than `self`. This happened "
                "due to `other` being vmapped over but `self` not being vmapped over in a vmap. "
                "Please try to use out-of-place operators instead of inplace arithmetic. If said "
                "operator is being called inside the PyTorch framework, please file a bug report "
                "instead."
            )

    def write(self, t: Any, result: Tensor) -> None:
        if self.is_mapped(result) and not self.is_mapped(t):
            size = [self.size, *t.shape]
            raise RuntimeError(
                f"output with shape {list(t.shape)} doesn't match the broadcast shape {size}"
            )
        self.value(t).copy_(self.value(result))


def _check_alike(rows: Sequence[Any]) -> None:
    """Raise where the results of the examples differ in shape, and can't be stacked."""
    firsts = [row[0] if type(row) is tuple else row for row in rows]
    for i, row in enumerate(firsts):
        if row.shape != firsts[0].shape:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(firsts[0].shape)} at "
                f"entry 0 and {list(row.shape)} at entry {i}"
            )


PACKAGE = str(Path(__file__).parent.parent)


def _warn(op: Operator) -> None:
    """Say, at the program's own line, that the examples go one by one."""
    frame = sys._getframe(1)
    above = 2
    while frame.f_back is not None and frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
        above += 1
    warnings.warn(
        "There is a performance drop because we have not yet implemented the batching rule for "
        f"aten::{op.name}. Please file us an issue on GitHub so that we can prioritize its "
        "implementation.",
        UserWarning,
        stacklevel=above,
    )
